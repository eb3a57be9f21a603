import { CRASHED, describeFault, type DeadLetterReason, type TaskError } from '../task/index.ts'
import type { AttemptAtWork } from './attempt-at-work.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import { decideAttempt } from './decide-attempt.ts'
import type { Flow } from './flow.ts'
import { isSuspect } from './is-suspect.ts'
import {
  type Emit,
  emit,
  end,
  type End,
  type Judge,
  type NoteLate,
  reach,
  type Reach,
  type Settle,
  settle,
  type Sources,
  type TicketInHand,
} from './ports.ts'

export type EndEffect<Held extends TicketInHand> = Emit | End | Judge<Held> | NoteLate | Reach | Settle<Held>

type EndFlow<Held extends TicketInHand> = Flow<EndEffect<Held>, void>
type Outcome<Kind extends AttemptOutcome['kind']> = Extract<AttemptOutcome, { readonly kind: Kind }>

interface Ending<Held extends TicketInHand> {
  readonly attempt: AttemptAtWork<Held>
  readonly sources: Pick<Sources, 'newId' | 'nowMs' | 'random'>
}

const UNUSABLE_RESULT =
  'The handler did its work, but its result cannot be stored, which no further attempt would change.'

/**
 * Writes how an attempt ended, and settles its ticket afterwards: acknowledged where the task goes on or succeeded,
 * rejected, and so sent to the error queue, where it failed. Throws when the ledger could not be told.
 *
 * Crash windows: until the end is committed, rescue takes the attempt back; after it, the unsettled ticket comes again
 * and is judged by what the ledger says then.
 */
export function* endAttempt<Held extends TicketInHand>(
  outcome: AttemptOutcome,
  ending: Ending<Held>,
): EndFlow<Held> {
  switch (outcome.kind) {
    case 'succeeded':
      return yield* succeed(outcome, ending)
    case 'failed':
      return yield* retryOrFail(outcome, ending)
    case 'crashed':
      return yield* endCrashed(outcome, ending)
    case 'unusable_result':
      return yield* fail(withoutUse(outcome), ending)
    case 'run_later':
      return yield* runLaterOrFail(outcome, ending)
    case 'returned':
      return yield* giveUpAttempt(outcome, ending)
    case 'abandoned':
      return yield* leaveToLedger(outcome, ending)
  }
}

function* succeed<Held extends TicketInHand>(
  outcome: Outcome<'succeeded'>,
  ending: Ending<Held>,
): EndFlow<Held> {
  const { claimed, held } = ending.attempt
  const { taskId, token } = claimed
  const answer = yield* end('succeed', claimed, { taskId, token, result: outcome.result })
  if (typeof answer === 'object') return yield* fail(withoutUse(describeRefusal(answer.refusal)), ending)
  if (answer === 'taken_away') return yield* leaveToLedger(outcome, ending)
  yield settle(held, 'ack')
  yield emit('attempt.succeeded', { ...describe(ending), durationMs: durationMs(ending) })
}

/** Valid JSON that Postgres cannot keep: U+0000, half a surrogate pair, a nesting too deep. */
function describeRefusal(refusal: string): Outcome<'unusable_result'> {
  const message = `The result cannot be stored: ${refusal}.`
  return { kind: 'unusable_result', error: { type: 'UnusableResultError', message } }
}

/** A task that was lost with a worker, ran alone, and lost its process too, is the cause; any other may try again. */
function* endCrashed<Held extends TicketInHand>(
  { error, evidence }: Outcome<'crashed'>,
  ending: Ending<Held>,
): EndFlow<Held> {
  const { losses } = ending.attempt.claimed
  const isConvicted = isSuspect(ending.attempt)
  const { exitCode, signal, memoryPeakBytes } = evidence
  yield emit('attempt.crashed', {
    ...describe(ending),
    ...(exitCode !== null && { exitCode }),
    ...(signal !== null && { signal }),
    ...(memoryPeakBytes !== null && { memoryPeakBytes }),
    isConvicted,
  })
  const outcome = { kind: 'failed', failure: 'error', error, evidence } as const
  if (!isConvicted) return yield* retryOrFail(outcome, ending)
  const died = losses === 1 ? 'A worker died' : `${losses} workers died`
  const reason = `${died} while running this task, so it ran alone in a process of its own, which died as well: the task is the cause, and no further attempt was made.`
  return yield* fail({ outcome, error, deadLetterReason: 'crashed', reason }, ending)
}

function* retryOrFail<Held extends TicketInHand>(
  outcome: Outcome<'failed'>,
  ending: Ending<Held>,
): EndFlow<Held> {
  const { claimed, held } = ending.attempt
  const { failure: kind, error, askedDelayMs = null, isAskedLeast = false } = outcome
  const { evidence = null, isUntried = false } = outcome
  const decision = decideAttempt(ending.attempt, { kind, askedDelayMs, isAskedLeast }, ending.sources)
  if (decision.act === 'fail') {
    const deadLetterReason = nameReason(decision.deadLetterReason, error)
    return yield* fail({ outcome, error, ...decision, deadLetterReason }, ending)
  }
  const { delayMs, reason } = decision
  const answer = yield* end('reschedule', claimed, {
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
  if (answer === 'taken_away') return yield* leaveToLedger(outcome, ending)
  yield settle(held, 'ack')
  const durations = { durationMs: durationMs(ending), delayMs }
  yield emit('attempt.retry_scheduled', { ...describe(ending), ...durations, error })
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
function* fail<Held extends TicketInHand>(final: FinalFailure, ending: Ending<Held>): EndFlow<Held> {
  const { claimed, held } = ending.attempt
  const { outcome, error, deadLetterReason: reason, reason: decision } = final
  const answer = yield* end('fail', claimed, {
    deadLetterId: ending.sources.newId(),
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
  if (answer === 'taken_away') return yield* leaveToLedger(outcome, ending)
  yield settle(held, 'reject')
  yield reach('fail.rejected')
  yield emit('attempt.failed', { ...describe(ending), durationMs: durationMs(ending), reason, error })
  yield emit('task.dead_lettered', { ...describe(ending), reason, error })
}

/**
 * A handler may put off its work only as long as its deadline and its greatest age allow. What would begin after them
 * fails now: waiting would not help, and as a dead letter it keeps the handler's words and can be sent back.
 */
function* runLaterOrFail<Held extends TicketInHand>(
  outcome: Outcome<'run_later'>,
  ending: Ending<Held>,
): EndFlow<Held> {
  const ended = { kind: 'run_later', askedDelayMs: outcome.delayMs } as const
  const decision = decideAttempt(ending.attempt, ended, ending.sources)
  if (decision.act === 'retry') return yield* giveUpAttempt(outcome, ending)
  const error = { type: 'RunLater', message: outcome.reason }
  return yield* fail({ outcome, error, ...decision }, ending)
}

function* giveUpAttempt<Held extends TicketInHand>(
  outcome: Outcome<'run_later' | 'returned'>,
  ending: Ending<Held>,
): EndFlow<Held> {
  const { claimed, held } = ending.attempt
  const delayMs = outcome.kind === 'run_later' ? outcome.delayMs : 0
  const answer = yield* end('reschedule', claimed, {
    taskId: claimed.taskId,
    token: claimed.token,
    outcome: outcome.kind,
    isCharged: false,
    delayMs,
    error: null,
    decision: outcome.reason,
  })
  if (answer === 'taken_away') return yield* leaveToLedger(outcome, ending)
  yield settle(held, 'ack')
  yield emit('attempt.returned', { ...describe(ending), delayMs, reason: outcome.reason })
}

/** The attempt was taken away: its outcome is not the task's, and its ticket is one that claimed nothing. */
function* leaveToLedger<Held extends TicketInHand>(
  outcome: AttemptOutcome,
  ending: Ending<Held>,
): EndFlow<Held> {
  const { claimed, held } = ending.attempt
  yield emit('attempt.taken_away', { ...describe(ending), outcome: outcome.kind })
  yield { do: 'noteLate', claimed, outcome }
  yield { do: 'judge', tickets: [held] }
}

function describe<Held extends TicketInHand>({
  attempt: { claimed },
}: Ending<Held>): { taskId: string; type: string; attempt: number; lane: string } {
  const { taskId, type, attempt, lane } = claimed
  return { taskId, type, attempt, lane }
}

function durationMs<Held extends TicketInHand>({ attempt, sources }: Ending<Held>): number {
  return Math.round(sources.nowMs() - attempt.startedAtMs)
}
