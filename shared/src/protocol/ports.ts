import type { ClaimedAttempt, Failure, Rescheduling, STATEMENTS, Success } from '../database/index.ts'
import type { PublishOutcome } from '../broker/index.ts'
import type { CrashPoint, EmittedEvent, EventFields, EventName } from '../runtime/index.ts'
import type { Lane, Ticket } from '../task/index.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import type { Flow } from './flow.ts'

type WithoutExecutor<Statement> = Statement extends (
  executor: never,
  ...args: infer Args
) => Promise<infer Answer>
  ? (...args: Args) => Answer
  : never

/** The ledger as the flows see it: each statement of `shared/src/database` by its name, without its executor. */
export type LedgerPort = {
  readonly [Name in keyof typeof STATEMENTS]: WithoutExecutor<(typeof STATEMENTS)[Name]>
}

export type StatementName = keyof LedgerPort

/** A statement: its answer comes after its commit, and when it fails, whether it was committed may be unknown. */
export interface Ask<Name extends StatementName = StatementName> {
  readonly do: 'ask'
  readonly statement: Name
  readonly args: Readonly<Parameters<LedgerPort[Name]>>
}

export function* ask<Name extends StatementName>(
  statement: Name,
  ...args: Parameters<LedgerPort[Name]>
): Flow<Ask<Name>, ReturnType<LedgerPort[Name]>> {
  return (yield { do: 'ask', statement, args }) as ReturnType<LedgerPort[Name]>
}

/** Statements that are committed together or not at all. The flow is begun anew when the transaction is. */
export interface InTransaction<Result = unknown> {
  readonly do: 'inTransaction'
  readonly begin: () => Flow<Ask | ReadGeneration, Result>
}

export function* inTransaction<Result>(
  begin: () => Flow<Ask | ReadGeneration, Result>,
): Flow<InTransaction<Result>, Result> {
  return (yield { do: 'inTransaction', begin }) as Result
}

/** Which connection to the ledger this is: another one shows locks as free that are only not made anew yet. */
export interface ReadGeneration {
  readonly do: 'readGeneration'
}

export function* readGeneration(): Flow<ReadGeneration, number> {
  return (yield { do: 'readGeneration' }) as number
}

/** Sends tickets and waits until the broker, or the time, has said what became of each. Never fails. */
export interface Publish {
  readonly do: 'publish'
  readonly lane: Lane
  readonly tickets: readonly Ticket[]
}

export type PublishedTickets = Readonly<Record<PublishOutcome, readonly Ticket[]>>

export function* publish(lane: Lane, tickets: readonly Ticket[]): Flow<Publish, PublishedTickets> {
  return (yield { do: 'publish', lane, tickets }) as PublishedTickets
}

/** Hands one ticket to the publisher and waits for nothing; `noteOutcome` is told what became of it. */
export interface Send {
  readonly do: 'send'
  readonly lane: Lane
  readonly ticket: Ticket
}

/** Keeps in mind that the broker has this ticket; it is marked in the ledger a little later, with many others. */
export interface MarkLater {
  readonly do: 'markLater'
  readonly ticket: Ticket
}

/** A ticket found no queue: topology is looked after at once, and nobody waits for it. */
export interface NoteReturned {
  readonly do: 'noteReturned'
  readonly lane: Lane
}

/** Asks the broker what it holds of a lane; fails when it cannot be asked. */
export interface InspectLane {
  readonly do: 'inspectLane'
  readonly lane: Lane
}

export interface LiveFigures {
  readonly ready: number
  /** Null when nobody can tell. */
  readonly unacknowledged: number | null
}

export function* inspectLane<Live extends LiveFigures>(lane: Lane): Flow<InspectLane, Live> {
  return (yield { do: 'inspectLane', lane }) as Live
}

/** Tells of a repair that was made, and keeps it for people to read. No other effect depends on it. */
export interface NoteRepair {
  readonly do: 'noteRepair'
  readonly repair: 'dead_letters_opened' | 'tickets_published_again'
  readonly lane?: Lane
  readonly count: number
  readonly detail: string
}

/** Begins another flow beside this one. */
export interface InBackground<Effect> {
  readonly do: 'inBackground'
  readonly begin: () => Flow<Effect, void>
}

/** Tells the broker that a message of the error queue is done with; until then it delivers it again. */
export interface Acknowledge<Message> {
  readonly do: 'acknowledge'
  readonly message: Message
}

/** Says what happened. No other effect depends on it. */
export interface Emit {
  readonly do: 'emit'
  readonly event: EmittedEvent
}

export function emit<Name extends EventName>(name: Name, fields: EventFields<Name>): Emit {
  // The pair is right by this signature; TypeScript cannot follow a generic name into a union.
  return { do: 'emit', event: { name, fields } as EmittedEvent }
}

/** A named point between two effects, where a test can end the process. */
export interface Reach {
  readonly do: 'reach'
  readonly point: CrashPoint
}

export function reach(point: CrashPoint): Reach {
  return { do: 'reach', point }
}

/** A ticket that the broker handed to a worker and that is not settled. */
export interface TicketInHand {
  readonly ticket: Ticket
  readonly lane: Lane
  /** How often the ledger said that it may be claimed, and a claim did not get it. */
  readonly vainClaims: number
}

export type Settlement = 'ack' | 'reject' | 'giveBack'

/**
 * Ends the holding of a ticket: `ack` forgets it, `reject` sends it to the error queue, `giveBack` lets the broker
 * deliver it again. Does nothing for one that is settled, or whose channel is gone: the broker delivers that again.
 */
export interface Settle<Held extends TicketInHand> {
  readonly do: 'settle'
  readonly held: Held
  readonly as: Settlement
}

export function settle<Held extends TicketInHand>(held: Held, as: Settlement): Settle<Held> {
  return { do: 'settle', held, as }
}

/** Back to the line of those that wait to be claimed, after a moment. */
export interface WaitAgain<Held extends TicketInHand> {
  readonly do: 'waitAgain'
  readonly held: Held
  readonly vainClaims: number
  readonly delayMs: number
}

/** Begins a claimed attempt: from here on its handler may have effects. */
export interface Begin<Held extends TicketInHand> {
  readonly do: 'begin'
  readonly attempt: ClaimedAttempt
  readonly held: Held
}

/** Has tickets that claimed nothing judged, in the background: see `settleUnclaimed`. */
export interface Judge<Held extends TicketInHand> {
  readonly do: 'judge'
  readonly tickets: readonly Held[]
}

/** What became of the wish to end an attempt: it has ended so, or it was no longer this worker's to end. */
export type EndAnswer = 'ended' | 'taken_away'

/** The end of one attempt, which may share its statement with others: see `endTogether`. */
export interface End<Way extends WayToEnd = WayToEnd> {
  readonly do: 'end'
  readonly way: Way
  readonly claimed: ClaimedAttempt
  readonly record: EndRecords[Way]
}

export function* end<Way extends WayToEnd>(
  way: Way,
  claimed: ClaimedAttempt,
  record: EndRecords[Way],
): Flow<End<Way>, EndAnswers[Way]> {
  return (yield { do: 'end', way, claimed, record }) as EndAnswers[Way]
}

/** Only of a success is the refusal an answer: the record of a failure has nothing that the ledger refuses. */
export interface EndAnswers {
  readonly succeed: EndAnswer | Refusal
  readonly fail: EndAnswer
  readonly reschedule: EndAnswer
}

export interface EndRecords {
  readonly succeed: Success
  readonly fail: Failure
  readonly reschedule: Rescheduling
}

export type WayToEnd = keyof EndRecords

/** The ledger cannot store this very result, and says why. */
export interface Refusal {
  readonly refusal: string
}

/** Keeps what a taken-away attempt came to, for people to read, in the background. Nothing depends on it. */
export interface NoteLate {
  readonly do: 'noteLate'
  readonly claimed: ClaimedAttempt
  readonly outcome: AttemptOutcome
}

/** What a flow needs and does not decide, made by whoever drives it. */
export interface Sources {
  /** UUIDv7. */
  readonly newId: () => string
  /** A token that nobody can guess and nobody else has. */
  readonly newToken: () => string
  /** A draw from [0, 1). */
  readonly random: () => number
  /** Milliseconds on a clock of this host that never goes back. */
  readonly nowMs: () => number
}
