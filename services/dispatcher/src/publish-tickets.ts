import type { TicketPublisher } from '@redrive/shared/broker'
import { publishTickets as publishInOrder, type PublishedTickets, runFlow } from '@redrive/shared/protocol'
import type { Events } from '@redrive/shared/runtime'
import type { Lane, Ticket } from '@redrive/shared/task'
import { sendTickets } from './send-tickets.ts'

export interface TicketBatch {
  readonly lane: Lane
  readonly tickets: readonly Ticket[]
}

/** Publishes tickets all at once and says what became of each. Never rejects. */
export async function publishTickets(
  { publisher, events }: { readonly publisher: TicketPublisher; readonly events: Events },
  { lane, tickets }: TicketBatch,
): Promise<PublishedTickets> {
  return await runFlow(publishInOrder(lane, tickets), (effect) =>
    effect.do === 'emit' ? events.tell(effect.event) : sendTickets(publisher, effect),
  )
}
