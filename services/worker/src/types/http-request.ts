import {
  type AllowedTarget,
  defineTask,
  type HandlerContext,
  PermanentError,
  type TaskType,
} from '@redrive/shared/task'
import { type AllowList, createAllowList } from '../http/allow-list.ts'
import { checkedLookup, type Resolve, resolveBySystem } from '../http/checked-lookup.ts'
import { type Asked, errorOfAnswer, errorOfSilence, errorOfTimeout, refusal } from '../http/http-error.ts'
import {
  httpRequestInput,
  type HttpRequestInput,
  MAX_REQUEST_TIMEOUT_MS,
} from '../http/http-request-input.ts'
import { judgeUrl, portOf, refuseAddress } from '../http/judge-url.ts'
import { type OutgoingRequest, type ReceivedAnswer, sendRequest } from '../http/send-request.ts'
import { showBody } from '../http/show-body.ts'
import { showHeaders } from '../http/show-headers.ts'
import { signWebhook } from '../http/sign-webhook.ts'

export interface HttpRequestOptions {
  readonly allowedTargets: readonly AllowedTarget[]
  /** Each signs; empty when no secret is configured. */
  readonly webhookKeys: readonly Uint8Array[]
  readonly resolve?: Resolve
}

/** What a result keeps of a body. With its escapes and the headers, it stays below the limit of a result. */
const MAX_BODY_BYTES = 65_536

type Rules = Required<Omit<HttpRequestOptions, 'allowedTargets'>> & { readonly list: AllowList }

/**
 * A request to another system. It may be sent more than once, for example when a worker dies between the answer and its
 * commit; a signed one has the same `webhook-id` each time, by which the receiver knows it again.
 */
export function createHttpRequest({
  allowedTargets,
  webhookKeys,
  resolve = resolveBySystem,
}: HttpRequestOptions): TaskType {
  const rules = { webhookKeys, resolve, list: createAllowList(allowedTargets) }
  return defineTask({
    name: 'http.request',
    input: httpRequestInput,
    // Where keys and passwords are.
    sensitive: ['headers.*'],
    // The request's own limit ends it first, with an error that says more.
    timeoutMs: MAX_REQUEST_TIMEOUT_MS + 30_000,
    expectedDurationMs: 300,
    handler: (input, context) => request(input, context, rules),
  })
}

async function request(input: HttpRequestInput, context: HandlerContext, rules: Rules): Promise<unknown> {
  const url = new URL(input.url)
  const body = encodeBody(input)
  const asked = { method: input.method ?? (body === null ? 'GET' : 'POST'), url }
  const lookup = admit(asked, rules)
  const headers = composeHeaders(input, { body, taskId: context.taskId, keys: rules.webhookKeys })
  const startedAtMs = performance.now()
  const answer = await send({ ...asked, headers, body, lookup }, input.timeoutMs, context.signal)
  if (answer.status < 200 || answer.status > 299) throw errorOfAnswer(asked, answer)
  return describeSuccess(answer, Math.round(performance.now() - startedAtMs))
}

/** Throws for a target that may not be reached; else the look-up that refuses it by its addresses. */
function admit(asked: Asked, { list, resolve }: Rules): OutgoingRequest['lookup'] {
  const verdict = judgeUrl(asked.url, list)
  if (!verdict.isAllowed) throw refusal(asked, verdict.reason)
  const conditions = { terms: verdict.terms, port: portOf(asked.url), list }
  return checkedLookup(resolve, (address) => refuseAddress(address, conditions))
}

function encodeBody({ body = null }: HttpRequestInput): Buffer | null {
  if (body === null) return null
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

interface Content {
  readonly body: Buffer | null
  readonly taskId: string
  readonly keys: readonly Uint8Array[]
}

function composeHeaders(
  { headers = {}, body: given, sign }: HttpRequestInput,
  { body, taskId, keys }: Content,
): Readonly<Record<string, string>> {
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const defaults = {
    accept: '*/*',
    // Without a version, which is nobody's business outside.
    'user-agent': 'Redrive',
    ...(body === null
      ? {}
      : { 'content-type': typeof given === 'string' ? 'text/plain; charset=utf-8' : 'application/json' }),
  }
  if (!sign) return { ...defaults, ...own }
  if (keys.length === 0)
    throw new PermanentError(
      'A signature is asked for, and this worker has no WEBHOOK_SECRET: set it, and redrive',
    )
  // Our clock is fine: receivers tolerate minutes. A new timestamp for each attempt, or a late one would be refused.
  const signed = { id: taskId, timestampS: Math.floor(Date.now() / 1_000), body: body ?? Buffer.alloc(0) }
  return { ...defaults, ...own, ...signWebhook(signed, keys) }
}

async function send(
  outgoing: Omit<OutgoingRequest, 'signal' | 'maxBodyBytes'>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ReceivedAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const either = AbortSignal.any([signal, timeout])
    return await sendRequest({ ...outgoing, signal: either, maxBodyBytes: MAX_BODY_BYTES })
  } catch (error) {
    if (signal.aborted) throw error
    throw timeout.aborted ? errorOfTimeout(outgoing, timeoutMs) : errorOfSilence(outgoing, error)
  }
}

function describeSuccess(
  { status, headers, body, isTruncated }: ReceivedAnswer,
  durationMs: number,
): unknown {
  const contentType = headers['content-type']
  const contentEncoding = headers['content-encoding']
  return {
    status,
    headers: showHeaders(headers),
    body: showBody({ body, isTruncated, contentType, contentEncoding }),
    durationMs,
  }
}
