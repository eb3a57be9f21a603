import type { PublishOutcome, TicketPublisher } from '@redrive/shared/broker'
import type { Events } from '@redrive/shared/runtime'
import { encodeTicket, ticketMessageId, type Lane, type Ticket } from '@redrive/shared/task'

export interface TicketBatch {
  readonly lane: Lane
  readonly tickets: readonly Ticket[]
}

export type PublishedTickets = Readonly<Record<PublishOutcome, readonly Ticket[]>>

/**
 * Publishes tickets all at once and says what became of each. Never rejects. What is returned or unknown needs nothing
 * more: its reservation in the ledger runs out, and release takes it again.
 */
export async function publishTickets(
  { publisher, events }: { readonly publisher: TicketPublisher; readonly events: Events },
  { lane, tickets }: TicketBatch,
): Promise<PublishedTickets> {
  events.emit('ticket.published', { lane, count: tickets.length })
  const outcomes = await Promise.all(
    tickets.map((ticket) =>
      publisher.publish({ lane, body: encodeTicket(ticket), messageId: ticketMessageId(ticket) }),
    ),
  )
  const having = (outcome: PublishOutcome): readonly Ticket[] =>
    tickets.filter((_, index) => outcomes[index] === outcome)
  const published = {
    confirmed: having('confirmed'),
    returned: having('returned'),
    unknown: having('unknown'),
  }
  emitOutcomes(events, lane, published)
  return published
}

function emitOutcomes(events: Events, lane: Lane, { confirmed, returned, unknown }: PublishedTickets): void {
  if (confirmed.length > 0) events.emit('ticket.confirmed', { lane, count: confirmed.length })
  if (returned.length > 0) events.emit('ticket.returned', { lane, count: returned.length })
  if (unknown.length > 0) events.emit('ticket.unknown', { lane, count: unknown.length })
}
