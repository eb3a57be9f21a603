import type { RetryPolicy } from './retry-policy.ts'

export type DeadLetterReason =
  | 'attempts_exhausted'
  | 'permanent_error'
  | 'invalid_input'
  | 'timed_out'
  | 'crashed'
  | 'no_handler'

export type FailureKind = 'error' | 'permanent' | 'invalid_input' | 'timed_out'

export type FailureDecision =
  | { readonly act: 'retry'; readonly delayMs: number; readonly reason: string }
  | { readonly act: 'fail'; readonly deadLetterReason: DeadLetterReason; readonly reason: string }

export interface FailedAttempt {
  readonly kind: FailureKind
  /** Attempts already charged to the task, this one included. */
  readonly chargedAttempts: number
  /** The task's whole budget, redrives included. */
  readonly maxAttempts: number
  /** Attempts of this life, this one included: a redriven task starts its delays anew. */
  readonly attemptOfLife: number
}

/**
 * What follows a failed attempt: exponential backoff with full jitter (a uniform draw between 0 and the ceiling, as in
 * "Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that tasks that failed together do not return together.
 * @param random a draw from [0, 1)
 */
export function decideAfterFailure(
  attempt: FailedAttempt,
  policy: RetryPolicy,
  random: number,
): FailureDecision {
  if (attempt.kind === 'permanent') {
    return fail(
      'permanent_error',
      'The handler declared the error permanent, so no further attempt was made.',
    )
  }
  if (attempt.kind === 'invalid_input') {
    return fail(
      'invalid_input',
      'The input does not fit the schema of the task type, which no further attempt can change.',
    )
  }
  if (attempt.chargedAttempts >= attempt.maxAttempts) {
    const reason = attempt.kind === 'timed_out' ? 'timed_out' : 'attempts_exhausted'
    const used = attempt.maxAttempts === 1 ? 'The only attempt is' : `All ${attempt.maxAttempts} attempts are`
    return fail(reason, `${used} used up.`)
  }
  const delayMs = Math.floor(random * ceilingMs(policy, attempt.attemptOfLife))
  const left = attempt.maxAttempts - attempt.chargedAttempts
  return {
    act: 'retry',
    delayMs,
    reason: `Another attempt follows in ${delayMs} ms; ${left} of ${attempt.maxAttempts} are left.`,
  }
}

function fail(deadLetterReason: DeadLetterReason, reason: string): FailureDecision {
  return { act: 'fail', deadLetterReason, reason }
}

/**
 * Attempt 1 → base, 2 → base × factor, 3 → base × factor², …, never above the maximum.
 * n.b. After some hundred attempts the power is Infinity, and a base of zero times that is no number.
 */
function ceilingMs(policy: RetryPolicy, attemptOfLife: number): number {
  if (policy.baseDelayMs === 0) return 0
  return Math.min(policy.maxDelayMs, policy.baseDelayMs * policy.factor ** (Math.max(1, attemptOfLife) - 1))
}
