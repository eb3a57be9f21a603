import {
  decideAfterFailure,
  type FailedAttempt,
  type FailureDecision,
  mergeRetryPolicy,
} from '../task/index.ts'
import type { AttemptAtWork } from './attempt-at-work.ts'
import type { Sources, TicketInHand } from './ports.ts'

type Failed = Pick<AttemptAtWork<TicketInHand>, 'claimed' | 'type' | 'claimedAtMs'>
type Ended = Pick<FailedAttempt, 'kind' | 'askedDelayMs' | 'isAskedLeast'>

/**
 * What follows an attempt that did not succeed, by the policy of its type and what the task has of its own. Times are the
 * ledger's: as they were at the claim, and so much later by now as this host's clock has run on, which no setting moves.
 */
export function decideAttempt(
  { claimed, type, claimedAtMs }: Failed,
  ended: Ended,
  { nowMs, random }: Pick<Sources, 'nowMs' | 'random'>,
): FailureDecision {
  const sinceMs = nowMs() - claimedAtMs
  const isCharged = ended.kind !== 'run_later'
  return decideAfterFailure(
    {
      ...ended,
      chargedAttempts: claimed.chargedAttempts + Number(isCharged),
      maxAttempts: claimed.maxAttempts,
      failureOfLife: countFailures(claimed),
      lifeAgeMs: claimed.lifeAgeMs + sinceMs,
      timeLeftMs: claimed.timeLeftMs === null ? null : claimed.timeLeftMs - sinceMs,
    },
    mergeRetryPolicy(type.retry, claimed.retry),
    random(),
  )
}

/** The delays grow with failures, this one included: what was lost, given back or put off before is none. */
function countFailures(claimed: Failed['claimed']): number {
  const { attempt, attemptsBeforeLife, losses, returnedAttempts } = claimed
  return Math.max(1, attempt - attemptsBeforeLife - losses - returnedAttempts)
}
