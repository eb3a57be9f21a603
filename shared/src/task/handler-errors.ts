/** Thrown by a handler when no other attempt can succeed: the task fails at once. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError'
}

/** Thrown by a handler that wants to run again later; the attempt is not charged. */
export class RunLater extends Error {
  override readonly name: string = 'RunLater'
  readonly delayMs: number

  /** @param delayMs milliseconds from now, at least 0 */
  constructor(delayMs: number, reason = 'the handler asked to run later') {
    super(reason)
    if (!Number.isFinite(delayMs) || delayMs < 0) {
      throw new RangeError(`RunLater expects a delay in milliseconds of at least 0, got ${delayMs}`)
    }
    this.delayMs = delayMs
  }
}

/**
 * Thrown by a handler whose error says itself when another attempt makes sense: the attempt is charged, and the next one,
 * if any is left, begins after this delay in place of the retry policy's; with `isLeast`, after the longer of both.
 */
export class RetryAfter extends Error {
  override readonly name: string = 'RetryAfter'
  readonly delayMs: number
  readonly isLeast: boolean

  /**
   * @param when milliseconds from now, at least 0, or a time by this host's clock; one that has passed means now, as an
   * HTTP header `Retry-After` does
   */
  constructor(when: number | Date, message = 'to be tried again later', options: RetryAfterOptions = {}) {
    super(message, options)
    const delayMs = when instanceof Date ? Math.max(0, when.getTime() - Date.now()) : when
    if (!Number.isFinite(delayMs) || delayMs < 0) {
      throw new RangeError(
        `RetryAfter expects a delay in milliseconds of at least 0 or a date, got ${String(when)}`,
      )
    }
    this.delayMs = delayMs
    this.isLeast = options.isLeast ?? false
  }
}

export interface RetryAfterOptions extends ErrorOptions {
  readonly isLeast?: boolean
}

// The names are compared, not the classes: a handler folder may carry its own copy of this package.
export function isPermanent(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown instanceof PermanentError || thrown.name === 'PermanentError')
}

export function asRunLater(thrown: unknown): { readonly delayMs: number; readonly reason: string } | null {
  if (!(thrown instanceof Error) || thrown.name !== 'RunLater') return null
  const delayMs = (thrown as { delayMs?: unknown }).delayMs
  return typeof delayMs === 'number' && delayMs >= 0 ? { delayMs, reason: thrown.message } : null
}

export interface AskedDelay {
  readonly askedDelayMs: number
  /** The retry policy's delay counts where it is longer. */
  readonly isAskedLeast: boolean
}

/** What an error asks for; null where it asks for nothing. */
export function askedDelayOf(thrown: unknown): AskedDelay | null {
  if (!(thrown instanceof Error) || thrown.name !== 'RetryAfter') return null
  const { delayMs, isLeast } = thrown as { delayMs?: unknown; isLeast?: unknown }
  const isDelay = typeof delayMs === 'number' && Number.isFinite(delayMs) && delayMs >= 0
  return isDelay ? { askedDelayMs: delayMs, isAskedLeast: isLeast === true } : null
}
