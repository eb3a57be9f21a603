/** What JSON can carry, and a `jsonb` column too. */
export type PlainData =
  | string
  | number
  | boolean
  | null
  | readonly PlainData[]
  | { readonly [key: string]: PlainData }

/** Bounds for one header table, so that a foreign message cannot fill the ledger. Guesses, far above RabbitMQ's own. */
const MAX_DEPTH = 6
const MAX_ENTRIES = 100
const MAX_CHARS = 2_000

/**
 * Copies values of an AMQP table as plain data, whatever a foreign publisher put there: binary as base64, timestamps as
 * ISO 8601, decimals and numbers that JSON lacks as text. What exceeds the bounds is cut. Never throws.
 */
export function toPlainData(value: unknown, depth = 0): PlainData {
  switch (typeof value) {
    case 'string':
      return plainText(value)
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? null : plainObject(value, depth)
    case 'undefined':
    case 'function':
    case 'symbol':
      return null
  }
}

/** n.b. Postgres refuses U+0000 and half surrogate pairs, which a cut can leave. */
export function plainText(text: string): string {
  return text.slice(0, MAX_CHARS).toWellFormed().replaceAll('\u0000', '\uFFFD')
}

/** An AMQP timestamp, in seconds, as ISO 8601; null when it is none, or beyond the year 9999. */
export function plainTimestamp(value: unknown): string | null {
  const seconds = amqpTyped(value, 'timestamp')
  const isSensible = typeof seconds === 'number' && seconds >= 0 && seconds < 253_402_300_800
  return isSensible ? new Date(seconds * 1_000).toISOString() : null
}

function plainObject(value: object, depth: number): PlainData {
  if (depth >= MAX_DEPTH) return '…'
  if (Buffer.isBuffer(value)) return plainText(value.toString('base64'))
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((item) => toPlainData(item, depth + 1))
  const timestamp = plainTimestamp(value)
  if (timestamp !== null) return timestamp
  const decimal = plainDecimal(value)
  if (decimal !== null) return decimal
  const entries = Object.entries(value).slice(0, MAX_ENTRIES)
  return Object.fromEntries(entries.map(([key, item]) => [plainText(key), toPlainData(item, depth + 1)]))
}

function plainDecimal(value: object): string | null {
  const decimal = amqpTyped(value, 'decimal')
  if (typeof decimal !== 'object' || decimal === null) return null
  const { places, digits } = decimal as { places?: unknown; digits?: unknown }
  return typeof places === 'number' && typeof digits === 'number' ? `${digits}e-${places}` : null
}

/** amqplib marks types that JavaScript lacks: `{ '!': 'timestamp', value: 1700000000 }`. */
function amqpTyped(value: unknown, type: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  const { '!': tag, value: inner } = value as { '!'?: unknown; value?: unknown }
  return tag === type ? inner : undefined
}
