import { isDataError } from '@redrive/shared/database'
import { newId, reachCrashPoint } from '@redrive/shared/runtime'
import {
  decideAfterFailure,
  describeError,
  describeFault,
  type DeadLetterReason,
  type FailureKind,
  type TaskError,
} from '@redrive/shared/task'
import type { AttemptOutcome } from './attempt-outcome.ts'
import type { FinishAnswer, FinishBatches } from './finish-batches.ts'
import type { HeldTicket, HeldTickets } from './held-tickets.ts'
import { keepLateOutcome } from './keep-late-outcome.ts'
import type { RunningAttempt } from './running-attempts.ts'
import type { WorkerContext } from './worker-context.ts'

export interface Ending {
  readonly context: WorkerContext
  readonly finish: FinishBatches
  readonly held: HeldTickets
  /** Judges tickets whose attempt turned out not to be theirs. */
  readonly settleUnclaimed: (tickets: readonly HeldTicket[]) => void
}

type Failed = { readonly kind: FailureKind; readonly error: TaskError }

const UNUSABLE_RESULT =
  'The handler did its work, but its result cannot be stored, which no further attempt would change.'

/**
 * Writes how an attempt ended, and settles its ticket afterwards: acknowledged where the task goes on or succeeded,
 * rejected, and so sent to the error queue, where it failed. Rejects when the ledger could not be told.
 */
export async function endAttempt(
  attempt: RunningAttempt,
  outcome: AttemptOutcome,
  ending: Ending,
): Promise<void> {
  switch (outcome.kind) {
    case 'succeeded':
      return await succeed(attempt, outcome.result, ending)
    case 'failed':
      return await retryOrFail(attempt, { kind: outcome.failure, error: outcome.error }, ending)
    case 'unusable_result':
      return await fail(attempt, failure('permanent', outcome.error, UNUSABLE_RESULT), ending)
    case 'run_later':
    case 'returned':
      return await giveUpAttempt(attempt, outcome, ending)
    case 'abandoned':
      return leaveToLedger(attempt, outcome, ending)
  }
}

async function succeed(attempt: RunningAttempt, result: string, ending: Ending): Promise<void> {
  const { claimed, held } = attempt
  const { taskId, token } = claimed
  const answer = await ending.finish.succeed(claimed, { taskId, token, result }).catch((error: unknown) => {
    if (isDataError(error)) return describeRefusal(error)
    throw error
  })
  if (typeof answer === 'object') return fail(attempt, failure('permanent', answer, UNUSABLE_RESULT), ending)
  if (answer === 'taken_away') return leaveToLedger(attempt, { kind: 'succeeded', result }, ending)
  ending.held.settle(held, 'ack')
  ending.context.events.emit('attempt.succeeded', { ...describe(attempt), durationMs: durationMs(attempt) })
}

/** Valid JSON that Postgres cannot keep: U+0000, half a surrogate pair, a nesting too deep. */
function describeRefusal(error: unknown): TaskError {
  return {
    type: 'UnusableResultError',
    message: `The result cannot be stored: ${describeError(error).message}.`,
  }
}

async function retryOrFail(attempt: RunningAttempt, { kind, error }: Failed, ending: Ending): Promise<void> {
  const { claimed, type, held } = attempt
  const decision = decideAfterFailure(
    {
      kind,
      chargedAttempts: claimed.chargedAttempts + 1,
      maxAttempts: claimed.maxAttempts,
      attemptOfLife: claimed.attempt - claimed.attemptsBeforeLife,
    },
    type.retry,
    Math.random(),
  )
  if (decision.act === 'fail') {
    const { deadLetterReason, reason } = decision
    return fail(attempt, { kind, error, deadLetterReason, decision: reason }, ending)
  }
  const { delayMs, reason } = decision
  const answer = await ending.finish.reschedule(claimed, {
    taskId: claimed.taskId,
    token: claimed.token,
    outcome: kind === 'timed_out' ? 'timed_out' : 'failed',
    isCharged: true,
    delayMs,
    error,
    decision: reason,
  })
  if (answer === 'taken_away') return leaveToLedger(attempt, { kind: 'failed', failure: kind, error }, ending)
  ending.held.settle(held, 'ack')
  const durations = { durationMs: durationMs(attempt), delayMs }
  ending.context.events.emit('attempt.retry_scheduled', { ...describe(attempt), ...durations, error })
}

interface FinalFailure extends Failed {
  readonly deadLetterReason: DeadLetterReason
  readonly decision: string
}

function failure(kind: 'permanent', error: TaskError, decision: string): FinalFailure {
  return { kind, error, deadLetterReason: 'permanent_error', decision }
}

/**
 * The dead letter is written with the failure, and the rejected ticket follows it through the error queue. Where there
 * is no ticket to reject any more, because it was held too long or its channel is gone, reconcile opens the dead letter
 * or the ticket comes again and is rejected then.
 */
async function fail(attempt: RunningAttempt, final: FinalFailure, ending: Ending): Promise<void> {
  const { claimed, held } = attempt
  const { error, deadLetterReason: reason, decision, kind } = final
  const answer: FinishAnswer = await ending.finish.fail(claimed, {
    deadLetterId: newId(),
    taskId: claimed.taskId,
    token: claimed.token,
    error,
    ...describeFault(error),
    reason,
    decision,
    outcome: kind === 'timed_out' ? 'timed_out' : 'failed',
    isCharged: true,
  })
  if (answer === 'taken_away') return leaveToLedger(attempt, { kind: 'failed', failure: kind, error }, ending)
  ending.held.settle(held, 'reject')
  reachCrashPoint('fail.rejected')
  const { events } = ending.context
  events.emit('attempt.failed', { ...describe(attempt), durationMs: durationMs(attempt), reason, error })
  events.emit('task.dead_lettered', { ...describe(attempt), reason, error })
}

type Uncharged = Extract<AttemptOutcome, { kind: 'run_later' | 'returned' }>

async function giveUpAttempt(attempt: RunningAttempt, outcome: Uncharged, ending: Ending): Promise<void> {
  const { claimed, held } = attempt
  const delayMs = outcome.kind === 'run_later' ? outcome.delayMs : 0
  const answer = await ending.finish.reschedule(claimed, {
    taskId: claimed.taskId,
    token: claimed.token,
    outcome: outcome.kind,
    isCharged: false,
    delayMs,
    error: null,
    decision: outcome.reason,
  })
  if (answer === 'taken_away') return leaveToLedger(attempt, outcome, ending)
  ending.held.settle(held, 'ack')
  ending.context.events.emit('attempt.returned', { ...describe(attempt), delayMs, reason: outcome.reason })
}

/** The attempt was taken away: its outcome is not the task's, and its ticket is one that claimed nothing. */
function leaveToLedger(attempt: RunningAttempt, outcome: AttemptOutcome, ending: Ending): void {
  ending.context.events.emit('attempt.taken_away', { ...describe(attempt), outcome: outcome.kind })
  void keepLateOutcome(attempt, outcome, ending.context)
  ending.settleUnclaimed([attempt.held])
}

function describe({ claimed }: RunningAttempt): {
  taskId: string
  type: string
  attempt: number
  lane: string
} {
  const { taskId, type, attempt, lane } = claimed
  return { taskId, type, attempt, lane }
}

function durationMs({ startedAtMs }: RunningAttempt): number {
  return Math.round(performance.now() - startedAtMs)
}
