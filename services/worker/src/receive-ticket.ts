import type { Delivery } from '@redrive/shared/broker'
import type { Events, Logger } from '@redrive/shared/runtime'
import { type Lane, parseTicket } from '@redrive/shared/task'
import type { HeldTickets } from './held-tickets.ts'

interface Receiving {
  readonly lane: Lane
  readonly held: HeldTickets
  readonly events: Events
  readonly logger: Logger
}

/**
 * Takes one delivery of a lane in. What is no ticket is rejected, so that the broker carries it to the error queue,
 * where it is kept as foreign. Does not throw.
 */
export function receiveTicket(delivery: Delivery, { lane, held, events, logger }: Receiving): void {
  const parsed = parseTicket(delivery.body)
  if ('problem' in parsed) {
    const { messageId, contentType } = delivery
    logger.warn(
      { lane, messageId, contentType, ...parsed },
      'A message in a lane is no ticket: to the error queue.',
    )
    delivery.reject()
    return
  }
  if (held.receive(parsed.ticket, lane, delivery) === 'duplicate') {
    events.emit('ticket.void', { ...parsed.ticket, reason: 'this worker holds the same ticket already' })
  }
}
