import { plainText, plainTimestamp, toPlainData, type PlainData } from './plain-data.ts'

/** What the broker says about a message's last death. Each part may be missing: its own versions differ in them. */
export interface BrokerDeath {
  /** Where it died. */
  readonly queue: string | null
  readonly exchange: string | null
  readonly routingKey: string | null
  /** `rejected`, `expired`, `maxlen` or `delivery_limit`. */
  readonly reason: string | null
  /** How often it died of this reason in this queue. */
  readonly count: number | null
  /** When it first did, as ISO 8601. */
  readonly time: string | null
  /** All headers, as plain data. */
  readonly headers: { readonly [key: string]: PlainData }
}

/**
 * The evidence that a dead-letter exchange adds to a message, or null when there is none: then it was published
 * straight to where it was found. Reads the latest entry of `x-death`, or the `x-first-death-*` headers where that is
 * missing. Headers can be forged, so every type is checked; the result is safe for JSON and `jsonb`. Never throws.
 */
export function readDeath(headers: Readonly<Record<string, unknown>>): BrokerDeath | null {
  const latest = latestDeath(headers['x-death'])
  const death = latest ?? firstDeath(headers)
  if (!death) return null
  return { ...death, headers: plainHeaders(headers) }
}

type Evidence = Omit<BrokerDeath, 'headers'>

function latestDeath(deaths: unknown): Evidence | null {
  const entry: unknown = Array.isArray(deaths) ? deaths[0] : undefined
  if (typeof entry !== 'object' || entry === null) return null
  const {
    queue,
    exchange,
    reason,
    count,
    time,
    'routing-keys': routingKeys,
  } = entry as Record<string, unknown>
  const routingKey: unknown = Array.isArray(routingKeys) ? routingKeys[0] : undefined
  return {
    queue: textOrNull(queue),
    exchange: textOrNull(exchange),
    routingKey: textOrNull(routingKey),
    reason: textOrNull(reason),
    count: countOrNull(count),
    time: plainTimestamp(time),
  }
}

function firstDeath(headers: Readonly<Record<string, unknown>>): Evidence | null {
  const queue = textOrNull(headers['x-first-death-queue'])
  const reason = textOrNull(headers['x-first-death-reason'])
  if (queue === null && reason === null) return null
  const exchange = textOrNull(headers['x-first-death-exchange'])
  return { queue, exchange, routingKey: null, reason, count: null, time: null }
}

function plainHeaders(headers: Readonly<Record<string, unknown>>): BrokerDeath['headers'] {
  const plain = toPlainData(headers)
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain)
    ? (plain as BrokerDeath['headers'])
    : {}
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? plainText(value) : null
}

function countOrNull(value: unknown): number | null {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null
}
