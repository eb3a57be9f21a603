import { isDataError } from '@redrive/shared/database'
import { newId, reachCrashPoint } from '@redrive/shared/runtime'
import { describeError, describeFault, type DeadLetterReason, type TaskError } from '@redrive/shared/task'
import type { AttemptOutcome } from './attempt-outcome.ts'
import { decideAttempt } from './decide-attempt.ts'
import { CRASHED } from './describe-crash.ts'
import type { FinishAnswer, FinishBatches } from './finish-batches.ts'
import type { HeldTicket, HeldTickets } from './held-tickets.ts'
import { isSuspect } from './is-suspect.ts'
import { keepLateOutcome } from './keep-late-outcome.ts'
import { maskOutcome } from './mask-outcome.ts'
import type { RunningAttempt } from './running-attempts.ts'
import type { WorkerContext } from './worker-context.ts'

export interface Ending {
  readonly context: WorkerContext
  readonly finish: FinishBatches
  readonly held: HeldTickets
  /** Judges tickets whose attempt turned out not to be theirs. */
  readonly settleUnclaimed: (tickets: readonly HeldTicket[]) => void
}

type Outcome<Kind extends AttemptOutcome['kind']> = Extract<AttemptOutcome, { readonly kind: Kind }>

const UNUSABLE_RESULT =
  'The handler did its work, but its result cannot be stored, which no further attempt would change.'

/**
 * Writes how an attempt ended, and settles its ticket afterwards: acknowledged where the task goes on or succeeded,
 * rejected, and so sent to the error queue, where it failed. Rejects when the ledger could not be told.
 */
export async function endAttempt(
  attempt: RunningAttempt,
  came: AttemptOutcome,
  ending: Ending,
): Promise<void> {
  const outcome = maskOutcome(came, attempt)
  switch (outcome.kind) {
    case 'succeeded':
      return await succeed(attempt, outcome.result, ending)
    case 'failed':
      return await retryOrFail(attempt, outcome, ending)
    case 'crashed':
      return await endCrashed(attempt, outcome, ending)
    case 'unusable_result':
      return await fail(attempt, withoutUse(outcome), ending)
    case 'run_later':
      return await runLaterOrFail(attempt, outcome, ending)
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
  if (typeof answer === 'object')
    return fail(attempt, withoutUse({ kind: 'unusable_result', error: answer }), ending)
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

/** A task that was lost with a worker, ran alone, and lost its process too, is the cause; any other may try again. */
async function endCrashed(
  attempt: RunningAttempt,
  { error, evidence }: Outcome<'crashed'>,
  ending: Ending,
): Promise<void> {
  const { losses } = attempt.claimed
  const isConvicted = isSuspect(attempt)
  const { exitCode, signal, memoryPeakBytes } = evidence
  ending.context.events.emit('attempt.crashed', {
    ...describe(attempt),
    ...(exitCode !== null && { exitCode }),
    ...(signal !== null && { signal }),
    ...(memoryPeakBytes !== null && { memoryPeakBytes }),
    isConvicted,
  })
  const outcome = { kind: 'failed', failure: 'error', error, evidence } as const
  if (!isConvicted) return await retryOrFail(attempt, outcome, ending)
  const died = losses === 1 ? 'A worker died' : `${losses} workers died`
  const reason = `${died} while running this task, so it ran alone in a process of its own, which died as well: the task is the cause, and no further attempt was made.`
  return await fail(attempt, { outcome, error, deadLetterReason: 'crashed', reason }, ending)
}

async function retryOrFail(
  attempt: RunningAttempt,
  outcome: Outcome<'failed'>,
  ending: Ending,
): Promise<void> {
  const { claimed, held } = attempt
  const { failure: kind, error, askedDelayMs = null, isAskedLeast = false } = outcome
  const { evidence = null, isUntried = false } = outcome
  const decision = decideAttempt(attempt, { kind, askedDelayMs, isAskedLeast })
  if (decision.act === 'fail') {
    const deadLetterReason = nameReason(decision.deadLetterReason, error)
    return fail(attempt, { outcome, error, ...decision, deadLetterReason }, ending)
  }
  const { delayMs, reason } = decision
  const answer = await ending.finish.reschedule(claimed, {
    taskId: claimed.taskId,
    token: claimed.token,
    outcome: outcomeOf(outcome),
    isCharged: true,
    delayMs,
    error,
    decision: reason,
    evidence,
    isUntried,
  })
  if (answer === 'taken_away') return leaveToLedger(attempt, outcome, ending)
  ending.held.settle(held, 'ack')
  const durations = { durationMs: durationMs(attempt), delayMs }
  ending.context.events.emit('attempt.retry_scheduled', { ...describe(attempt), ...durations, error })
}

/** What used up the last attempt says more than that it was the last. */
function nameReason(reason: DeadLetterReason, error: TaskError): DeadLetterReason {
  return reason === 'attempts_exhausted' && error.type === CRASHED ? 'crashed' : reason
}

interface FinalFailure {
  readonly outcome: Outcome<'failed' | 'run_later' | 'unusable_result'>
  readonly error: TaskError
  readonly deadLetterReason: DeadLetterReason
  /** The decision, in words. */
  readonly reason: string
}

function withoutUse(outcome: Outcome<'unusable_result'>): FinalFailure {
  const { error } = outcome
  return { outcome, error, deadLetterReason: 'permanent_error', reason: UNUSABLE_RESULT }
}

function outcomeOf(outcome: FinalFailure['outcome']): 'failed' | 'run_later' | 'timed_out' {
  if (outcome.kind === 'run_later') return 'run_later'
  return outcome.kind === 'failed' && outcome.failure === 'timed_out' ? 'timed_out' : 'failed'
}

/**
 * The dead letter is written with the failure, and the rejected ticket follows it through the error queue. Where there
 * is no ticket to reject any more, because it was held too long or its channel is gone, reconcile opens the dead letter
 * or the ticket comes again and is rejected then.
 */
async function fail(attempt: RunningAttempt, final: FinalFailure, ending: Ending): Promise<void> {
  const { claimed, held } = attempt
  const { outcome, error, deadLetterReason: reason, reason: decision } = final
  const answer: FinishAnswer = await ending.finish.fail(claimed, {
    deadLetterId: newId(),
    taskId: claimed.taskId,
    token: claimed.token,
    error,
    ...describeFault(error),
    reason,
    decision,
    outcome: outcomeOf(outcome),
    isCharged: outcome.kind !== 'run_later',
    evidence: outcome.kind === 'failed' ? (outcome.evidence ?? null) : null,
  })
  if (answer === 'taken_away') return leaveToLedger(attempt, outcome, ending)
  ending.held.settle(held, 'reject')
  reachCrashPoint('fail.rejected')
  const { events } = ending.context
  events.emit('attempt.failed', { ...describe(attempt), durationMs: durationMs(attempt), reason, error })
  events.emit('task.dead_lettered', { ...describe(attempt), reason, error })
}

/**
 * A handler may put off its work only as long as its deadline and its greatest age allow. What would begin after them
 * fails now: waiting would not help, and as a dead letter it keeps the handler's words and can be sent back.
 */
async function runLaterOrFail(
  attempt: RunningAttempt,
  outcome: Outcome<'run_later'>,
  ending: Ending,
): Promise<void> {
  const decision = decideAttempt(attempt, { kind: 'run_later', askedDelayMs: outcome.delayMs })
  if (decision.act === 'retry') return giveUpAttempt(attempt, outcome, ending)
  const error = { type: 'RunLater', message: outcome.reason }
  return fail(attempt, { outcome, error, ...decision }, ending)
}

async function giveUpAttempt(
  attempt: RunningAttempt,
  outcome: Outcome<'run_later' | 'returned'>,
  ending: Ending,
): Promise<void> {
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
