import { STATUS_CODES } from 'node:http'
import { describeError, PermanentError, RetryAfter } from '@redrive/shared/task'
import { RefusedAddress } from './checked-lookup.ts'
import { readRetryAfter } from './read-retry-after.ts'
import type { ReceivedAnswer } from './send-request.ts'

/** Of which request an error tells. */
export interface Asked {
  readonly method: string
  readonly url: URL
}

/** A request that failed in a way that may pass. */
export class HttpRequestError extends Error {
  override readonly name: string = 'HttpRequestError'
}

const MAX_PATH = 200
const MAX_EXCERPT = 200
const MAX_REASON = 300
/** Beside 5xx: the receiver asks for another try, or for patience. */
const PASSING: readonly number[] = [408, 425, 429]

/**
 * The error of an answer that is no success: one that may pass is retried, not before the time that the receiver asks for
 * (a second each time would use up in seconds the patience of days); any other is permanent, redirects among them, because their target is one that nobody has checked.
 */
export function errorOfAnswer(asked: Asked, answer: ReceivedAnswer): Error {
  const { status, headers } = answer
  const message = `${describe(asked)} was answered by ${status}${phraseOf(status)}${detailOf(asked, answer)}`
  // The code tells statuses apart where numbers in messages do not count.
  const code = `HTTP_${status}`
  if (status < 500 && !PASSING.includes(status)) return withCode(new PermanentError(message), code)
  const delayMs = readRetryAfter(headers['retry-after'], Date.parse(headers.date ?? '') || Date.now())
  const error =
    delayMs === null ? new HttpRequestError(message) : new RetryAfter(delayMs, message, { isLeast: true })
  return withCode(error, code)
}

/** The error of a request without an answer. Refused targets are permanent, whatever else goes wrong may pass. Pure. */
export function errorOfSilence(asked: Asked, cause: unknown): Error {
  if (cause instanceof RefusedAddress) return refusal(asked, cause.message)
  const { code, reason } = reasonOf(cause)
  return withCode(new HttpRequestError(`${describe(asked)} got no answer: ${reason}`, { cause }), code)
}

export function errorOfTimeout(asked: Asked, timeoutMs: number): Error {
  const message = `${describe(asked)} got no complete answer within ${timeoutMs} ms`
  return withCode(new HttpRequestError(message), 'ETIMEDOUT')
}

export function refusal(asked: Asked, reason: string): Error {
  const advice = 'An operator may list internal targets in HTTP_ALLOWED_TARGETS; see docs/http-request.md'
  return withCode(
    new PermanentError(`${describe(asked)} was refused before it was sent: ${reason}. ${advice}`),
    'TARGET_REFUSED',
  )
}

/** Without credentials, query and headers, which may be secrets. */
function describe({ method, url }: Asked): string {
  return `${method} ${shorten(`${url.protocol}//${url.host}${url.pathname}`, MAX_PATH)}`
}

function phraseOf(status: number): string {
  const phrase = STATUS_CODES[status]
  return phrase === undefined ? '' : ` ${phrase}`
}

function detailOf({ url }: Asked, { status, headers, body }: ReceivedAnswer): string {
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    return `, which points to ${describeLocation(headers.location, url)} and is not followed`
  }
  const excerpt = excerptOf(body)
  return excerpt === '' ? '' : `: "${excerpt}"`
}

function describeLocation(location: string, from: URL): string {
  const target = URL.parse(location, from.href)
  if (target === null) return 'nowhere that is an address'
  const { protocol, host, pathname } = target
  return shorten(`${protocol}//${host}${pathname}`, MAX_PATH)
}

/** The first words of the body. Without what would make the end of the quotes around it unclear. */
function excerptOf(body: Buffer): string {
  const text = body
    .subarray(0, MAX_EXCERPT * 4)
    .toString('utf8')
    .replaceAll(/[\s\p{Cc}\uFFFD]+/gu, ' ')
    .replaceAll(/["\\]/g, "'")
    .trim()
  return shorten(text, MAX_EXCERPT)
}

/** n.b. When every address of a host failed, the error is an AggregateError whose own message is empty. */
function reasonOf(cause: unknown): { readonly code: string; readonly reason: string } {
  const all = (cause as { readonly errors?: readonly unknown[] } | null)?.errors
  const { message, code = 'UNKNOWN' } = describeError(all?.[0] ?? cause)
  return { code, reason: shorten(message === '' ? code : message, MAX_REASON) }
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}

function withCode(error: Error, code: string): Error {
  return Object.assign(error, { code })
}
