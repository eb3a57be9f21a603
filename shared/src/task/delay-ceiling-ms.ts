import type { RetryPolicy } from './retry-policy.ts'

/** The delay after an attempt before jitter, in whole milliseconds. Attempts are those of this life, counted from 1. */
export function delayCeilingMs(policy: RetryPolicy, attemptOfLife: number): number {
  const attempt = Math.max(1, attemptOfLife)
  const { strategy, baseDelayMs, delaysMs, factor, maxDelayMs } = policy
  switch (strategy) {
    case 'fixed':
      return Math.floor(baseDelayMs)
    case 'linear':
      return Math.floor(Math.min(maxDelayMs, baseDelayMs * attempt))
    case 'exponential':
      // n.b. After some hundred attempts the power is Infinity, and a base of zero times that is no number.
      if (baseDelayMs === 0) return 0
      return Math.floor(Math.min(maxDelayMs, baseDelayMs * factor ** (attempt - 1)))
    case 'list':
      return Math.floor(delaysMs[Math.min(attempt, delaysMs.length) - 1] ?? 0)
  }
}
