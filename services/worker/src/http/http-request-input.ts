import { z } from 'zod'
import { isJsonType } from './show-body.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const

/** As long as browsers and proxies commonly take. */
const MAX_URL = 2_048
const MAX_HEADERS = 50
const MAX_HEADER_NAME = 100
const MAX_HEADER_VALUE = 4_096
const DEFAULT_TIMEOUT_MS = 30_000
export const MAX_REQUEST_TIMEOUT_MS = 600_000

/** What belongs to the connection, or is written by the sender itself. */
const OWN_HEADERS: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
const WITHOUT_BODY: readonly string[] = ['GET', 'HEAD']

const fields = z.strictObject({
  url: z
    .string()
    .max(MAX_URL)
    .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\/[^\s\\]+$/, { error: 'expected an address that begins with https://' })
    .describe('https, on port 443 or 8443, unless the target is one of HTTP_ALLOWED_TARGETS.'),
  method: z.enum(METHODS).optional().describe('POST when there is a body, else GET.'),
  headers: z
    .record(
      z
        .string()
        .max(MAX_HEADER_NAME)
        .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is no name of a header' }),
      z
        .string()
        .max(MAX_HEADER_VALUE)
        .regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'has a character that headers cannot carry' }),
    )
    .optional(),
  body: z.unknown().optional().describe('A text is sent as it is, anything else as JSON; null is no body.'),
  sign: z.boolean().default(false).describe('Adds the signature of Standard Webhooks, by WEBHOOK_SECRET.'),
  timeoutMs: z
    .int()
    .min(100)
    .max(MAX_REQUEST_TIMEOUT_MS)
    .default(DEFAULT_TIMEOUT_MS)
    .describe('From the look-up of the host to the last byte of the answer.'),
})

/** Which rules concern more than one field; JSON Schema has no words for them, so the worker is the first to see them. */
export const httpRequestInput = fields.superRefine((input, context) => {
  const problem = (path: string[], message: string): void =>
    context.addIssue({ code: 'custom', path, message })
  if (!URL.canParse(input.url)) problem(['url'], 'is no address')
  const { method, headers = {}, body = null } = input
  if (body !== null && method !== undefined && WITHOUT_BODY.includes(method)) {
    problem(['body'], `a ${method} request has none: choose another method or leave it out`)
  }
  for (const [name, reason] of findHeaderProblems(headers, input.sign)) problem(['headers', name], reason)
  const contentType = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  if (body !== null && typeof body !== 'string' && contentType !== undefined && !isJsonType(contentType)) {
    problem(['body'], `with the content type ${contentType} it must be a text, which is sent as it is`)
  }
})

export type HttpRequestInput = z.output<typeof httpRequestInput>

function findHeaderProblems(
  headers: Readonly<Record<string, string>>,
  isSigned: boolean,
): readonly (readonly [string, string])[] {
  const names = Object.keys(headers)
  const lower = names.map((name) => name.toLowerCase())
  const problems: [string, string][] = []
  if (names.length > MAX_HEADERS) problems.push(['', `expected at most ${MAX_HEADERS} headers`])
  for (const [index, name] of names.entries()) {
    const own = lower[index] ?? ''
    if (OWN_HEADERS.includes(own)) problems.push([name, 'is written by the sender itself: leave it out'])
    if (isSigned && own.startsWith('webhook-'))
      problems.push([name, 'belongs to the signature: leave it out'])
    if (lower.indexOf(own) !== index) problems.push([name, 'is there twice'])
  }
  return problems
}
