export interface Backoff {
  readonly baseMs: number
  readonly maxMs: number
  /** From 0 up to, not including, 1. */
  readonly random?: () => number
}

/**
 * How long to wait before try number `attempt` + 1, in whole milliseconds: exponential with full jitter, which means
 * any length up to the cap of the try, so that many waiters that failed together do not come back together.
 *
 * | attempt | baseMs 100, maxMs 5,000 | baseMs 1,000, maxMs 600,000 |
 * |---|---|---|
 * | 1 | 0 to 100 | 0 to 1,000 |
 * | 2 | 0 to 200 | 0 to 2,000 |
 * | 3 | 0 to 400 | 0 to 4,000 |
 * | 6 | 0 to 3,200 | 0 to 32,000 |
 * | 7 and more | 0 to 5,000 | 0 to 64,000, doubling up to 0 to 600,000 at 11 |
 */
export function backoffDelayMs(attempt: number, { baseMs, maxMs, random = Math.random }: Backoff): number {
  // The power becomes Infinity for absurd attempts, which the minimum turns into the cap.
  const cap = Math.min(maxMs, baseMs * 2 ** Math.max(0, attempt - 1))
  return Math.floor(random() * (cap + 1))
}
