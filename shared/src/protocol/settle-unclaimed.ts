import type { KnownStanding } from '../database/index.ts'
import {
  describeFault,
  judgeTicket,
  NO_HANDLER_AFTER_MS,
  standingKey,
  type TicketVerdict,
} from '../task/index.ts'
import type { Flow } from './flow.ts'
import {
  type Ask,
  ask,
  emit,
  type Emit,
  type Reach,
  reach,
  type Settle,
  settle,
  type Sources,
  type TicketInHand,
  type WaitAgain,
} from './ports.ts'

export interface Judging {
  readonly workerId: string
  readonly host: string
  readonly handles: (type: string) => boolean
  readonly sources: Pick<Sources, 'newId'>
}

export type JudgeEffect<Held extends TicketInHand> =
  | Ask<'failUnhandled'>
  | Ask<'readStandings'>
  | Ask<'returnBystanders'>
  | Ask<'returnUnhandled'>
  | Emit
  | Reach
  | Settle<Held>
  | WaitAgain<Held>

type JudgeFlow<Held extends TicketInHand> = Flow<JudgeEffect<Held>, void>

interface Judged<Held> {
  readonly held: Held
  /** Null when the ledger has no such task. */
  readonly standing: KnownStanding | null
}

/** How soon a task whose type this worker lacks is sent to the lane again, where another worker may take it. */
const UNHANDLED_DELAY_MS = 2_000
/** A claim that was refused without a lasting reason is made again soon, and not for ever by the same worker. */
const CLAIM_AGAIN_AFTER_MS = 100
const MAX_VAIN_CLAIMS = 10

/**
 * Settles tickets that claimed nothing, by what the ledger says about their tasks. Where the task has to move on first,
 * its ticket is settled after the commit. Throws when the ledger cannot be asked; what is not settled then is as it was.
 */
export function* settleUnclaimed<Held extends TicketInHand>(
  tickets: readonly Held[],
  judging: Judging,
): JudgeFlow<Held> {
  const standings = yield* ask(
    'readStandings',
    tickets.map(({ ticket }) => ticket),
  )
  const byVerdict = new Map<TicketVerdict, Judged<Held>[]>()
  for (const held of tickets) {
    const standing = standings.get(standingKey(held.ticket)) ?? null
    const verdict = judgeTicket(held.ticket.number, standing, judging.handles)
    byVerdict.set(verdict, [...(byVerdict.get(verdict) ?? []), { held, standing }])
  }
  for (const [verdict, judged] of byVerdict) yield* act(verdict, judged, judging)
}

function* act<Held extends TicketInHand>(
  verdict: TicketVerdict,
  judged: readonly Judged<Held>[],
  judging: Judging,
): JudgeFlow<Held> {
  switch (verdict) {
    case 'void':
    case 'not_due':
      return yield* dropAsVoid(verdict, judged)
    case 'reject':
      for (const { held } of judged) yield settle(held, 'reject')
      return
    case 'claim_again':
      for (const { held } of judged) yield claimAgain(held)
      return
    case 'ledger_behind':
      return yield* releaseAbove(judged)
    case 'unhandled':
      return yield* passOn(judged, judging)
  }
}

function* dropAsVoid<Held extends TicketInHand>(
  verdict: 'void' | 'not_due',
  judged: readonly Judged<Held>[],
): JudgeFlow<Held> {
  for (const { held, standing } of judged) {
    yield settle(held, 'ack')
    yield emit('ticket.void', { ...held.ticket, reason: explainVoid(verdict, standing) })
  }
}

function explainVoid(verdict: 'void' | 'not_due', standing: KnownStanding | null): string {
  if (verdict === 'not_due') return 'the task is not due yet; release sends it when it is'
  if (standing?.ended) return `the task has ended: ${standing.ended}`
  if (standing?.isExpired && !standing.isRunning) return 'its deadline has passed; a dispatcher ends the task'
  return standing?.isRunning ? 'the task runs already' : `the task has the number ${standing?.number} by now`
}

/** The lease lapsed for a moment, or a task came due between the claim and the look. */
function claimAgain<Held extends TicketInHand>(held: Held): Settle<Held> | WaitAgain<Held> {
  const vainClaims = held.vainClaims + 1
  if (vainClaims >= MAX_VAIN_CLAIMS) return settle(held, 'giveBack')
  return { do: 'waitAgain', held, vainClaims, delayMs: CLAIM_AGAIN_AFTER_MS * vainClaims }
}

/** Crash window: the task has its new number and the ticket is not settled; when it comes again, it is void. */
function* releaseAbove<Held extends TicketInHand>(judged: readonly Judged<Held>[]): JudgeFlow<Held> {
  const bystanders = judged.map(({ held, standing }) => ({
    ...held.ticket,
    reason: `Its ticket had the number ${held.ticket.number}, but the ledger knew only ${standing?.number}: the ledger went back in time.`,
  }))
  yield* ask('returnBystanders', bystanders)
  yield reach('return.committed')
  for (const { held, standing } of judged) {
    yield settle(held, 'ack')
    yield emit('ticket.ahead_of_ledger', { ...held.ticket, ledgerNumber: standing?.number })
  }
}

function* passOn<Held extends TicketInHand>(
  judged: readonly Judged<Held>[],
  judging: Judging,
): JudgeFlow<Held> {
  const isLate = ({ standing }: Judged<Held>): boolean =>
    (standing?.unhandledForMs ?? 0) > NO_HANDLER_AFTER_MS
  const late = judged.filter(isLate)
  if (late.length > 0) yield* failForWantOfHandler(late, judging)
  const byType = Map.groupBy(
    judged.filter((one) => !isLate(one)),
    typeOf,
  )
  for (const [type, some] of byType) yield* returnToLane(type, some, judging)
}

/** Crash window: as in `releaseAbove`. */
function* returnToLane<Held extends TicketInHand>(
  type: string,
  judged: readonly Judged<Held>[],
  { workerId, host }: Judging,
): JudgeFlow<Held> {
  const reason = `Worker ${workerId} on ${host} has no handler for the type ${type}.`
  const order = { delayMs: UNHANDLED_DELAY_MS, reason }
  const wanted = judged.map(({ held }) => held.ticket)
  const returned = yield* ask('returnUnhandled', wanted, order)
  yield reach('return.committed')
  for (const { held } of judged) {
    // Returned just now or moved on before: this number is void from here on.
    yield settle(held, 'ack')
    if (returned.has(held.ticket.taskId)) yield emit('task.returned', { ...held.ticket, type, ...order })
  }
}

/** Crash window: the dead letter is carried and its ticket is not rejected; when it comes again, it is. */
function* failForWantOfHandler<Held extends TicketInHand>(
  judged: readonly Judged<Held>[],
  { sources }: Judging,
): JudgeFlow<Held> {
  const failures = judged.map((one) => ({ one, failure: describeWantOfHandler(one, sources.newId()) }))
  const failed = yield* ask(
    'failUnhandled',
    failures.map(({ failure }) => failure),
  )
  yield reach('fail.committed')
  for (const { one, failure } of failures) {
    const { held } = one
    // Not failed by this answer: it moved on, or an earlier answer was lost. The next judgement knows which.
    if (!failed.has(held.ticket.taskId)) {
      yield claimAgain(held)
      continue
    }
    yield settle(held, 'reject')
    const { taskId, reason, error } = failure
    yield emit('task.dead_lettered', { taskId, type: typeOf(one), lane: held.lane, reason, error })
  }
}

function describeWantOfHandler({ held, standing }: Judged<TicketInHand>, deadLetterId: string) {
  const minutes = NO_HANDLER_AFTER_MS / 60_000
  const error = {
    type: 'NoHandlerError',
    message: `No worker that has a handler for the type ${standing?.type} took the task within ${minutes} minutes.`,
  }
  return {
    ...held.ticket,
    deadLetterId,
    error,
    ...describeFault(error),
    reason: 'no_handler',
    decision: `Workers without a handler for its type gave it back for ${minutes} minutes: start a worker that has one, then redrive.`,
    outcome: 'failed',
    isCharged: false,
  } as const
}

function typeOf({ standing }: Judged<TicketInHand>): string {
  return standing?.type ?? 'unknown'
}
