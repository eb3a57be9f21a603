import { setTimeout as delay } from 'node:timers/promises'

/** Resolves after `ms`, or at once when the signal says stop; never rejects. */
export async function sleepUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  // The only rejection is the abort itself, and the caller looks at the signal.
  await delay(ms, undefined, { signal }).catch(() => undefined)
}
