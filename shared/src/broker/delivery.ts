import type { ConsumeMessage } from 'amqplib'
import type { Settlements } from './settlements.ts'

/**
 * A message on its way through a consumer. Everything in it but `redelivered` was written by whoever published it,
 * and may be anything.
 *
 * n.b. It can be settled only on the channel that delivered it. All three ways are idempotent, never throw, and return
 * false when nothing was sent: it was settled before, or the channel is gone and the broker delivers it again.
 */
export interface Delivery {
  readonly body: Buffer
  readonly messageId: string | null
  readonly contentType: string | null
  readonly headers: Readonly<Record<string, unknown>>
  /** True when the broker delivered it before, to anyone. A hint, since it does not survive every failure. */
  readonly redelivered: boolean
  readonly exchange: string
  readonly routingKey: string
  /** On the clock of `Date.now()`. */
  readonly receivedAtMs: number
  /** Done with it: the broker forgets it. */
  ack(): boolean
  /** Sends it to the dead-letter exchange of its queue; without one, the message is gone. */
  reject(): boolean
  /** Back into its queue. Before RabbitMQ 4.3 that counts toward the delivery limit: not for use in a loop. */
  giveBack(): boolean
}

export function createDelivery(message: ConsumeMessage, settlements: Settlements): Delivery {
  const { deliveryTag, redelivered, exchange, routingKey } = message.fields
  const { messageId, contentType, headers } = message.properties
  return {
    body: message.content,
    messageId: textOrNull(messageId),
    contentType: textOrNull(contentType),
    headers: headers ?? {},
    redelivered,
    exchange,
    routingKey,
    receivedAtMs: Date.now(),
    ack: () => settlements.settle(deliveryTag, 'ack'),
    reject: () => settlements.settle(deliveryTag, 'reject'),
    giveBack: () => settlements.settle(deliveryTag, 'give back'),
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
