import type { RetryPolicy } from './retry-policy.ts'

/** The delay after a failure before jitter, in whole milliseconds. Failures are those of this life, counted from 1. */
export function delayCeilingMs(policy: RetryPolicy, failureOfLife: number): number {
  const failure = Math.max(1, failureOfLife)
  const { strategy, baseDelayMs, delaysMs, factor, maxDelayMs } = policy
  switch (strategy) {
    case 'fixed':
      return Math.floor(baseDelayMs)
    case 'linear':
      return Math.floor(Math.min(maxDelayMs, baseDelayMs * failure))
    case 'exponential':
      // n.b. After some hundred failures the power is Infinity, and a base of zero times that is no number.
      if (baseDelayMs === 0) return 0
      return Math.floor(Math.min(maxDelayMs, baseDelayMs * factor ** (failure - 1)))
    case 'list':
      return Math.floor(delaysMs[Math.min(failure, delaysMs.length) - 1] ?? 0)
  }
}
