export interface EndedWorker {
  /** The parent was told to stop. */
  readonly isStopping: boolean
  /** False before it has read its settings, and for a process that a test lets die. */
  readonly isReplaceable: boolean
  /** Some worker process of this parent has been ready once. */
  readonly wasEverReady: boolean
  /** How long this one had been ready. */
  readonly healthyMs: number
  /** The delay before this one was started; 0 for the first. */
  readonly lastDelayMs: number
}

const FIRST_DELAY_MS = 200
const LONGEST_DELAY_MS = 30_000
/** A process that worked for this long is not in a crash loop, so its replacement comes at once. */
const HEALTHY_AFTER_MS = 30_000

/**
 * Whether a worker process that ended is replaced, and how soon: twice as late each time while they keep ending soon.
 * Null for no. One that was never ready is not: its settings, task types or topology are for a person to correct, who
 * should see the parent end.
 */
export function chooseReplacement(ended: EndedWorker): { readonly delayMs: number } | null {
  const { isStopping, isReplaceable, wasEverReady, healthyMs, lastDelayMs } = ended
  if (isStopping || !isReplaceable || !wasEverReady) return null
  if (lastDelayMs === 0 || healthyMs >= HEALTHY_AFTER_MS) return { delayMs: FIRST_DELAY_MS }
  return { delayMs: Math.min(lastDelayMs * 2, LONGEST_DELAY_MS) }
}
