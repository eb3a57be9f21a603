import type { Attempt } from '@redrive/shared/contract'
import type { AttemptView } from '@redrive/shared/database'
import { toCrashEvidence } from './to-crash-evidence.ts'
import { toError } from './to-error.ts'

export function toAttempt(attempt: AttemptView): Attempt {
  return {
    attempt: attempt.attempt,
    dispatch: attempt.number,
    outcome: attempt.outcome,
    isCharged: attempt.isCharged,
    workerId: attempt.workerId,
    host: attempt.host,
    workerVersion: attempt.workerVersion,
    startedAt: attempt.startedAt.toISOString(),
    endedAt: attempt.endedAt?.toISOString() ?? null,
    error: attempt.error === null ? null : toError(attempt.error),
    progress: attempt.progress,
    decision: attempt.decision,
    note: attempt.note,
    evidence: toCrashEvidence(attempt.evidence),
  }
}
