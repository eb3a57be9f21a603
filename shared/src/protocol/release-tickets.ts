import type { Lane, Ticket } from '../task/index.ts'
import type { Flow } from './flow.ts'
import {
  ask,
  type Ask,
  emit,
  type Emit,
  type InBackground,
  type NoteReturned,
  type Publish,
  reach,
  type Reach,
} from './ports.ts'
import { publishTickets } from './publish-tickets.ts'

export interface ReleaseOrder {
  readonly lane: Lane
  readonly limit: number
  readonly graceMs: number
}

export type SendEffect = Ask<'markConfirmed'> | Emit | NoteReturned | Publish | Reach

/**
 * Takes the next due tickets of a lane and has them sent in the background, so that the next ones can be taken while the
 * broker confirms these. Answers how many it took.
 *
 * Crash windows: after the choice is committed, the tickets are reserved for this dispatcher and nobody sends them;
 * after they are sent, no row says so. Either way the reservation runs out, and whoever releases the lane then sends the
 * same numbers again, of which a task takes one.
 */
export function* releaseTickets(
  order: ReleaseOrder,
): Flow<Ask<'takeDueTickets'> | InBackground<SendEffect>, number> {
  const tickets = yield* ask('takeDueTickets', order)
  if (tickets.length > 0) yield { do: 'inBackground', begin: () => sendTaken(order.lane, tickets) }
  return tickets.length
}

/** Only what the broker confirmed is marked; all else is taken again when its reservation is over. */
function* sendTaken(lane: Lane, tickets: readonly Ticket[]): Flow<SendEffect, void> {
  yield reach('release.taken')
  const { confirmed, returned } = yield* publishTickets(lane, tickets)
  yield reach('release.published')
  if (returned.length > 0) yield { do: 'noteReturned', lane }
  if (confirmed.length === 0) return
  yield emit('tickets.released', { lane, count: confirmed.length })
  yield* ask('markConfirmed', confirmed)
}
