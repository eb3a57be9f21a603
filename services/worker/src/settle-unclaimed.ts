import {
  failUnhandled,
  type KnownStanding,
  readStandings,
  returnBystanders,
  returnUnhandled,
  standingKey,
} from '@redrive/shared/database'
import { newId, reachCrashPoint } from '@redrive/shared/runtime'
import { describeFault, judgeTicket, NO_HANDLER_AFTER_MS, type TicketVerdict } from '@redrive/shared/task'
import type { HeldTicket, HeldTickets } from './held-tickets.ts'
import { askLedger, type WorkerContext } from './worker-context.ts'

interface Judged {
  readonly held: HeldTicket
  /** Null when the ledger has no such task. */
  readonly standing: KnownStanding | null
}

interface Settling {
  readonly context: WorkerContext
  readonly held: HeldTickets
}

/** How soon a task whose type this worker lacks is sent to the lane again, where another worker may take it. */
const UNHANDLED_DELAY_MS = 2_000
/** A claim that was refused without a lasting reason is made again soon, and not for ever by the same worker. */
const CLAIM_AGAIN_AFTER_MS = 100
const MAX_VAIN_CLAIMS = 10

/**
 * Settles tickets that claimed nothing, by what the ledger says about their tasks. Rejects when the ledger cannot be
 * asked; the tickets are then as they were.
 */
export async function settleUnclaimed(tickets: readonly HeldTicket[], settling: Settling): Promise<void> {
  const { context } = settling
  const standings = await askLedger(context, () =>
    readStandings(
      context.database.db,
      tickets.map(({ ticket }) => ticket),
    ),
  )
  const byVerdict = new Map<TicketVerdict, Judged[]>()
  for (const held of tickets) {
    const standing = standings.get(standingKey(held.ticket)) ?? null
    const verdict = judgeTicket(held.ticket.number, standing, (type) => context.types.has(type))
    byVerdict.set(verdict, [...(byVerdict.get(verdict) ?? []), { held, standing }])
  }
  for (const [verdict, judged] of byVerdict) await act(verdict, judged, settling)
}

async function act(verdict: TicketVerdict, judged: readonly Judged[], settling: Settling): Promise<void> {
  const { held: tickets } = settling
  switch (verdict) {
    case 'void':
    case 'not_due':
      return dropAsVoid(judged, verdict, settling)
    case 'reject':
      for (const { held } of judged) tickets.settle(held, 'reject')
      return
    case 'claim_again':
      for (const { held } of judged) claimAgain(held, tickets)
      return
    case 'ledger_behind':
      return await releaseAbove(judged, settling)
    case 'unhandled':
      return await passOn(judged, settling)
  }
}

function dropAsVoid(
  judged: readonly Judged[],
  verdict: 'void' | 'not_due',
  { context, held: tickets }: Settling,
): void {
  for (const { held, standing } of judged) {
    tickets.settle(held, 'ack')
    context.events.emit('ticket.void', { ...held.ticket, reason: explainVoid(verdict, standing) })
  }
}

function explainVoid(verdict: 'void' | 'not_due', standing: KnownStanding | null): string {
  if (verdict === 'not_due') return 'the task is not due yet; release sends it when it is'
  if (standing?.ended) return `the task has ended: ${standing.ended}`
  if (standing?.isExpired && !standing.isRunning) return 'its deadline has passed; a dispatcher ends the task'
  return standing?.isRunning ? 'the task runs already' : `the task has the number ${standing?.number} by now`
}

/** The lease lapsed for a moment, or a task came due between the claim and the look. */
function claimAgain(held: HeldTicket, tickets: HeldTickets): void {
  held.vainClaims += 1
  if (held.vainClaims >= MAX_VAIN_CLAIMS) tickets.settle(held, 'giveBack')
  else tickets.waitAgain(held, CLAIM_AGAIN_AFTER_MS * held.vainClaims)
}

/** Crash window: the task has its new number and the ticket is not settled; when it comes again, it is void. */
async function releaseAbove(judged: readonly Judged[], { context, held: tickets }: Settling): Promise<void> {
  const bystanders = judged.map(({ held, standing }) => ({
    ...held.ticket,
    reason: `Its ticket had the number ${held.ticket.number}, but the ledger knew only ${standing?.number}: the ledger went back in time.`,
  }))
  await askLedger(context, () => returnBystanders(context.database.db, bystanders))
  reachCrashPoint('return.committed')
  for (const { held, standing } of judged) {
    tickets.settle(held, 'ack')
    context.events.emit('ticket.ahead_of_ledger', { ...held.ticket, ledgerNumber: standing?.number })
  }
}

async function passOn(judged: readonly Judged[], settling: Settling): Promise<void> {
  const isLate = ({ standing }: Judged): boolean => (standing?.unhandledForMs ?? 0) > NO_HANDLER_AFTER_MS
  const late = judged.filter(isLate)
  if (late.length > 0) await failForWantOfHandler(late, settling)
  const byType = Map.groupBy(
    judged.filter((one) => !isLate(one)),
    typeOf,
  )
  for (const [type, some] of byType) await returnToLane(type, some, settling)
}

/** Crash window: as in `releaseAbove`. */
async function returnToLane(type: string, judged: readonly Judged[], settling: Settling): Promise<void> {
  const { context, held: tickets } = settling
  const reason = `Worker ${context.workerId} on ${context.host} has no handler for the type ${type}.`
  const order = { delayMs: UNHANDLED_DELAY_MS, reason }
  const wanted = judged.map(({ held }) => held.ticket)
  const returned = await askLedger(context, () => returnUnhandled(context.database.db, wanted, order))
  reachCrashPoint('return.committed')
  for (const { held } of judged) {
    // Returned just now or moved on before: this number is void from here on.
    tickets.settle(held, 'ack')
    if (returned.has(held.ticket.taskId))
      context.events.emit('task.returned', { ...held.ticket, type, ...order })
  }
}

/** Crash window: the dead letter is carried and its ticket is not rejected; when it comes again, it is. */
async function failForWantOfHandler(judged: readonly Judged[], settling: Settling): Promise<void> {
  const { context, held: tickets } = settling
  const failures = judged.map((one) => describeWantOfHandler(one))
  const failed = await askLedger(context, () => failUnhandled(context.database.db, failures))
  reachCrashPoint('fail.committed')
  for (const [index, one] of judged.entries()) {
    const { held } = one
    const { reason, error } = failures[index] ?? describeWantOfHandler(one)
    // Not failed by this answer: it moved on, or an earlier answer was lost. The next judgement knows which.
    if (!failed.has(held.ticket.taskId)) claimAgain(held, tickets)
    else {
      tickets.settle(held, 'reject')
      const { taskId } = held.ticket
      context.events.emit('task.dead_lettered', { taskId, type: typeOf(one), lane: held.lane, reason, error })
    }
  }
}

function describeWantOfHandler({ held, standing }: Judged) {
  const minutes = NO_HANDLER_AFTER_MS / 60_000
  const error = {
    type: 'NoHandlerError',
    message: `No worker that has a handler for the type ${standing?.type} took the task within ${minutes} minutes.`,
  }
  return {
    ...held.ticket,
    deadLetterId: newId(),
    error,
    ...describeFault(error),
    reason: 'no_handler',
    decision: `Workers without a handler for its type gave it back for ${minutes} minutes: start a worker that has one, then redrive.`,
    outcome: 'failed',
    isCharged: false,
  } as const
}

function typeOf({ standing }: Judged): string {
  return standing?.type ?? 'unknown'
}
