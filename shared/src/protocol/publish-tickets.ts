import type { Lane, Ticket } from '../task/index.ts'
import type { Flow } from './flow.ts'
import { emit, type Emit, publish, type Publish, type PublishedTickets } from './ports.ts'

/**
 * Publishes tickets all at once and tells what became of them. What is returned or unknown needs nothing more: whatever
 * reserved it in the ledger runs out, and release takes it again.
 */
export function* publishTickets(
  lane: Lane,
  tickets: readonly Ticket[],
): Flow<Emit | Publish, PublishedTickets> {
  yield emit('ticket.published', { lane, count: tickets.length })
  const published = yield* publish(lane, tickets)
  const { confirmed, returned, unknown } = published
  if (confirmed.length > 0) yield emit('ticket.confirmed', { lane, count: confirmed.length })
  if (returned.length > 0) yield emit('ticket.returned', { lane, count: returned.length })
  if (unknown.length > 0) yield emit('ticket.unknown', { lane, count: unknown.length })
  return published
}
