/** When a failed attempt is followed by another one. Delays are milliseconds. */
export interface RetryPolicy {
  readonly maxAttempts: number
  readonly baseDelayMs: number
  readonly factor: number
  readonly maxDelayMs: number
}

/** Five attempts over about half a minute of expected waiting; a guess that suits calls to other systems. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxAttempts: 5,
  baseDelayMs: 1_000,
  factor: 2,
  maxDelayMs: 600_000,
}
