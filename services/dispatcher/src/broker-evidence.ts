import {
  plainText,
  readDeath,
  toPlainData,
  type BrokerDeath,
  type Delivery,
  type PlainData,
} from '@redrive/shared/broker'

export type DeliveryEvidence = Pick<Delivery, 'headers' | 'exchange' | 'routingKey'>

/** Enough for any header table that RabbitMQ makes itself; what foreign publishers add beyond it is not worth the room. */
const MAX_HEADER_BYTES = 65_536

/**
 * What the broker says of a message's death, bounded and safe to store. A message without a death was published
 * straight to the error queue's exchange or queue; then only its way there is known.
 */
export function brokerEvidence({ headers, exchange, routingKey }: DeliveryEvidence): BrokerDeath {
  const death = readDeath(headers) ?? {
    queue: null,
    exchange: plainText(exchange),
    routingKey: plainText(routingKey),
    reason: null,
    count: null,
    time: null,
    headers: asTable(toPlainData(headers)),
  }
  return { ...death, headers: boundHeaders(death.headers) }
}

/** The same without the headers, for a message whose headers the ledger refused. */
export function withoutHeaders(evidence: BrokerDeath): BrokerDeath {
  return {
    ...evidence,
    headers: { 'redrive-note': 'The headers were left out because the ledger could not store them.' },
  }
}

function boundHeaders(headers: BrokerDeath['headers']): BrokerDeath['headers'] {
  const bytes = Buffer.byteLength(JSON.stringify(headers))
  if (bytes <= MAX_HEADER_BYTES) return headers
  return {
    'redrive-note': `The headers were left out: ${bytes} bytes as JSON, and at most ${MAX_HEADER_BYTES} are kept.`,
  }
}

function asTable(data: PlainData): BrokerDeath['headers'] {
  const isTable = typeof data === 'object' && data !== null && !Array.isArray(data)
  return isTable ? (data as BrokerDeath['headers']) : {}
}
