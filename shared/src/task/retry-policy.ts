export const RETRY_STRATEGIES = ['fixed', 'linear', 'exponential', 'list'] as const
export const RETRY_JITTERS = ['full', 'none'] as const

/** When a failed attempt is followed by another one. Delays are milliseconds. */
export interface RetryPolicy {
  readonly maxAttempts: number
  /** How the delays grow. `fixed`: always the base. `linear`: base × attempt. `exponential`: base × factor^(attempt - 1). */
  readonly strategy: (typeof RETRY_STRATEGIES)[number]
  readonly baseDelayMs: number
  readonly factor: number
  /** Where growing delays end: for `linear` and `exponential`. */
  readonly maxDelayMs: number
  /** For `list`: the delay after attempt 1, 2, …; the last one is used again. */
  readonly delaysMs: readonly number[]
  /** `full`: a uniform draw between 0 and the delay, so that tasks that failed together do not return together. */
  readonly jitter: (typeof RETRY_JITTERS)[number]
  /** No further attempt is planned for later than this after the beginning of the task's life; null: no such limit. */
  readonly maxAgeMs: number | null
}

/** Five attempts over about half a minute of expected waiting; a guess that suits calls to other systems. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxAttempts: 5,
  strategy: 'exponential',
  baseDelayMs: 1_000,
  factor: 2,
  maxDelayMs: 600_000,
  delaysMs: [],
  jitter: 'full',
  maxAgeMs: null,
}
