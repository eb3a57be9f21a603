/** The body of an answer as a result keeps it. */
export interface ShownBody {
  /** `json`: the value itself. `utf8`: the text. `base64`: bytes that are no text, compressed ones for example. */
  readonly encoding: 'json' | 'utf8' | 'base64'
  readonly value: unknown
  readonly isTruncated: boolean
  /** How many bytes were kept. */
  readonly bytes: number
}

export interface ReceivedBody {
  readonly body: Uint8Array
  readonly isTruncated: boolean
  readonly contentType: string | undefined
  readonly contentEncoding: string | undefined
}

/** Far below what Postgres nests without complaint, and more than any answer that is read by a person has. */
const MAX_DEPTH = 100
/** Digits that a double carries whatever they are. */
const SAFE_DIGITS = 15

/**
 * Chooses the most useful encoding that changes nothing: JSON only when the ledger can keep it and every number is
 * exact, text only when it is valid and printable. What was compressed stays so, so a small answer cannot grow. Pure.
 */
export function showBody({ body, isTruncated, contentType, contentEncoding }: ReceivedBody): ShownBody {
  const rest = { isTruncated, bytes: body.byteLength }
  const isPlain = contentEncoding === undefined || contentEncoding === 'identity'
  const text = isPlain ? readText(body, isTruncated) : null
  if (text === null) return { encoding: 'base64', value: Buffer.from(body).toString('base64'), ...rest }
  const json = !isTruncated && isJsonType(contentType) ? readExactJson(text) : null
  return json === null
    ? { encoding: 'utf8', value: text, ...rest }
    : { encoding: 'json', value: json.value, ...rest }
}

export function isJsonType(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType?.trim() ?? '')
}

/** Null for bytes that are no UTF-8, and for control characters: the ledger refuses one, the others grow sixfold in JSON. */
function readText(body: Uint8Array, isTruncated: boolean): string | null {
  try {
    // A cut in the middle of a character is no fault of the text.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body, { stream: isTruncated })
    return hasControls(text) ? null : text
  } catch {
    return null
  }
}

function hasControls(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return true
  }
  return false
}

function readExactJson(text: string): { readonly value: unknown } | null {
  try {
    const value: unknown = JSON.parse(text, refuseInexact)
    return isKeepable(value, MAX_DEPTH) ? { value } : null
  } catch {
    // No JSON, or JSON that would be changed: it is kept as text.
    return null
  }
}

/** n.b. The third parameter is newer than TypeScript's declaration of JSON.parse. */
function refuseInexact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value
  const source = context?.source ?? ''
  const digits = source.replace(/[-.]/g, '').replace(/^0+/, '')
  const isExact = !/e/i.test(source) && (digits.length <= SAFE_DIGITS || String(value) === source)
  if (!isExact) throw new RangeError('a number that a double may not carry')
  return value
}

/** No U+0000, no half of a surrogate pair, and not too deep: Postgres refuses those. */
function isKeepable(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isKeepableText(value)
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  return Object.entries(value).every(([key, inner]) => isKeepableText(key) && isKeepable(inner, depth - 1))
}

function isKeepableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}
