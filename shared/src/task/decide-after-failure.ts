import { delayCeilingMs } from './delay-ceiling-ms.ts'
import { describeDuration } from './describe-duration.ts'
import { MAX_DELAY_MS } from './limits.ts'
import type { RetryPolicy } from './retry-policy.ts'

export type DeadLetterReason =
  | 'attempts_exhausted'
  | 'crashed'
  | 'deadline_passed'
  | 'invalid_input'
  | 'max_age_reached'
  | 'no_handler'
  | 'permanent_error'
  | 'timed_out'

export type FailureKind = 'error' | 'permanent' | 'invalid_input' | 'timed_out'

export type FailureDecision =
  | { readonly act: 'retry'; readonly delayMs: number; readonly reason: string }
  | { readonly act: 'fail'; readonly deadLetterReason: DeadLetterReason; readonly reason: string }

export interface FailedAttempt {
  /** `run_later`: no failure, the handler asked for another attempt, which costs nothing. */
  readonly kind: FailureKind | 'run_later'
  /** Attempts already charged to the task, this one included unless it asked to run later. */
  readonly chargedAttempts: number
  /** The task's whole budget, redrives included. */
  readonly maxAttempts: number
  /** Failures of this life, this one included: a redriven task starts its delays anew, and only a failure makes them longer. */
  readonly failureOfLife: number
  /** The delay that the handler asks for, which stands for the policy's; null where it leaves that to the policy. */
  readonly askedDelayMs: number | null
  /** The policy's delay counts where it is longer than the one asked for. */
  readonly isAskedLeast?: boolean
  /** How long ago the task's life began: its submission, or its latest redrive. */
  readonly lifeAgeMs: number
  /** Until the task's deadline, negative when it has passed; null where there is none. */
  readonly timeLeftMs: number | null
}

/**
 * What follows an attempt that did not succeed, and why, in words. The handler's own verdict comes first, then the budget
 * of attempts; another attempt must then begin before the deadline and within the greatest age.
 * Full jitter is a uniform draw between 0 and the delay, as in "Exponential Backoff And Jitter", AWS Architecture Blog,
 * 2015, so that tasks that failed together do not return together.
 * @param random a draw from [0, 1)
 */
export function decideAfterFailure(
  ended: FailedAttempt,
  policy: RetryPolicy,
  random: number,
): FailureDecision {
  const attempt = chooseLonger(ended, policy, random)
  const verdict = judgeHopeless(attempt) ?? judgeBudget(attempt)
  if (verdict !== null) return verdict
  const delayMs = chooseDelayMs(attempt, policy, random)
  return (
    judgeDeadline(attempt, delayMs) ??
    judgeAge(attempt, policy, delayMs) ?? {
      act: 'retry',
      delayMs,
      reason: explainRetry(attempt, policy, delayMs),
    }
  )
}

/** Without the delay that was asked for, where it was the least one and the policy's is longer. */
function chooseLonger(attempt: FailedAttempt, policy: RetryPolicy, random: number): FailedAttempt {
  const { askedDelayMs, isAskedLeast = false } = attempt
  const unasked = { ...attempt, askedDelayMs: null }
  if (askedDelayMs === null || !isAskedLeast) return attempt
  return chooseDelayMs(unasked, policy, random) > askedDelayMs ? unasked : attempt
}

function fail(deadLetterReason: DeadLetterReason, reason: string): FailureDecision {
  return { act: 'fail', deadLetterReason, reason }
}

function judgeHopeless({ kind }: FailedAttempt): FailureDecision | null {
  if (kind === 'permanent') {
    return fail(
      'permanent_error',
      'The handler declared the error permanent, so no further attempt was made.',
    )
  }
  if (kind !== 'invalid_input') return null
  return fail(
    'invalid_input',
    'The input does not fit the schema of the task type, which no further attempt can change.',
  )
}

function judgeBudget({ kind, chargedAttempts, maxAttempts }: FailedAttempt): FailureDecision | null {
  if (kind === 'run_later' || chargedAttempts < maxAttempts) return null
  const used = maxAttempts === 1 ? 'The only attempt is' : `All ${maxAttempts} attempts are`
  return fail(kind === 'timed_out' ? 'timed_out' : 'attempts_exhausted', `${used} used up.`)
}

/** A delay that was asked for is kept exactly, rounded up: whoever named it is not ready before. */
function chooseDelayMs({ askedDelayMs, failureOfLife }: FailedAttempt, policy: RetryPolicy, random: number) {
  if (askedDelayMs !== null) return Math.ceil(Math.min(Math.max(0, askedDelayMs), MAX_DELAY_MS))
  const ceilingMs = delayCeilingMs(policy, failureOfLife)
  return policy.jitter === 'none' ? ceilingMs : Math.floor(random * ceilingMs)
}

function judgeDeadline(attempt: FailedAttempt, delayMs: number): FailureDecision | null {
  const { timeLeftMs } = attempt
  if (timeLeftMs === null || delayMs < timeLeftMs) return null
  const reason =
    timeLeftMs <= 0
      ? 'The deadline had passed when the attempt ended, so no further attempt was made.'
      : `${nextAttempt(attempt, delayMs)}, but the deadline was only ${describeDuration(timeLeftMs)} ahead.`
  return fail('deadline_passed', reason)
}

function judgeAge(
  attempt: FailedAttempt,
  { maxAgeMs }: RetryPolicy,
  delayMs: number,
): FailureDecision | null {
  if (maxAgeMs === null || attempt.lifeAgeMs + delayMs <= maxAgeMs) return null
  const age = describeDuration(attempt.lifeAgeMs)
  const reason = `${nextAttempt(attempt, delayMs)}, but the life of the task began ${age} ago, and its retry policy plans no attempt later than ${describeDuration(maxAgeMs)} after that.`
  return fail('max_age_reached', reason)
}

function nextAttempt({ kind, askedDelayMs }: FailedAttempt, delayMs: number): string {
  const delay = describeDuration(delayMs)
  if (kind === 'run_later') return `The handler asked to run again in ${delay}`
  return askedDelayMs === null
    ? `Another attempt would follow in ${delay}`
    : `The error asked for another attempt in ${delay}`
}

function explainRetry(attempt: FailedAttempt, policy: RetryPolicy, delayMs: number): string {
  const { askedDelayMs, failureOfLife, chargedAttempts, kind, maxAttempts } = attempt
  const delay = describeDuration(delayMs)
  if (kind === 'run_later')
    return `The handler asked to run again in ${delay}; no attempt is used up by that.`
  const left = maxAttempts - chargedAttempts
  const stock = `${left} of ${maxAttempts} ${left === 1 ? 'is' : 'are'} left.`
  if (askedDelayMs !== null) return `Another attempt follows in ${delay}, as the error asked; ${stock}`
  const drawn =
    policy.jitter === 'none'
      ? ''
      : ` (drawn from up to ${describeDuration(delayCeilingMs(policy, failureOfLife))})`
  return `Another attempt follows in ${delay}${drawn}; ${stock}`
}
