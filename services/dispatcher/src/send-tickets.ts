import type { PublishOutcome, TicketPublisher } from '@redrive/shared/broker'
import type { Publish, PublishedTickets } from '@redrive/shared/protocol'
import { encodeTicket, ticketMessageId, type Ticket } from '@redrive/shared/task'

/** Publishes tickets all at once and sorts them by what became of each. Never rejects. */
export async function sendTickets(
  publisher: TicketPublisher,
  { lane, tickets }: Publish,
): Promise<PublishedTickets> {
  const outcomes = await Promise.all(
    tickets.map((ticket) =>
      publisher.publish({ lane, body: encodeTicket(ticket), messageId: ticketMessageId(ticket) }),
    ),
  )
  const having = (outcome: PublishOutcome): readonly Ticket[] =>
    tickets.filter((_, index) => outcomes[index] === outcome)
  return { confirmed: having('confirmed'), returned: having('returned'), unknown: having('unknown') }
}
