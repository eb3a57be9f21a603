import type { FieldError } from '@redrive/shared/contract'
import type { Context, Middleware } from 'koa'
import { parse as parseQuery } from 'node:querystring'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import { findUnstorable } from '../json/find-unstorable.ts'
import { parseJson } from '../json/parse-json.ts'
import { toFieldErrors } from '../json/to-field-errors.ts'
import { weighJson } from '../json/weigh-json.ts'
import { ProblemError } from '../problem-error.ts'
import { readPreferredWait } from '../routes/read-preferred-wait.ts'
import type { Answer } from './answer.ts'
import type { Authenticator } from './authenticator.ts'
import type { Caller } from './caller.ts'
import { type LoadKind, loadKindOf } from './load-kind.ts'
import { discard, hasBody, readBody } from './read-body.ts'
import type { RequestState } from './request-state.ts'
import type { BodyLimit, Route, RouteBody, RouteRequest } from './route.ts'

const SMALL_BODY_BYTES = 16_384
/** Smaller bodies cannot have enough values to matter. */
const WEIGHED_BYTES = 1_048_576
/** Some hundred elements for each of ten thousand tasks, and a quarter of the heap of a container of 512 MB. */
const MAX_WEIGHT = 64 * 1_048_576
const NOBODY: Caller = Object.freeze({ tenantId: '', tenant: '', actor: '', visibility: 'own', scopes: [] })

/** The middleware of one route: who asks, what for, the handler, the answer. */
export function serveRoute(
  route: Route,
  api: ApiParts,
  authenticator: Authenticator,
): Middleware<RequestState> {
  const kind = loadKindOf(route)
  return async (context) => {
    context.state.routePattern = route.path
    const caller = route.access === 'public' ? NOBODY : authenticator.authenticate(context.req)
    await checkLoad(context, kind, api)
    const query = route.query === undefined ? noQuery(context) : readQuery(route.query, context)
    const answer = async (body: unknown): Promise<void> => {
      const request: RouteRequest = {
        params: (context as Context & { params: unknown }).params,
        query,
        body,
        caller,
        requestId: context.state.requestId,
        header: (name) => headerOf(context, name),
        untilGone: () => untilGone(context),
      }
      const leave = api.admission.enter(kindOf(kind, context))
      try {
        send(context, await route.handle(request as RouteRequest<never, never, never>, api))
      } finally {
        leave()
      }
    }
    if (route.body === undefined) await answer(undefined)
    else await withBody(context, { body: route.body, api }, answer)
  }
}

/** n.b. A body is read to its end even so: answering while a client still sends resets its connection, and the answer. */
async function checkLoad({ req }: Context, kind: LoadKind | null, { admission }: ApiParts): Promise<void> {
  try {
    admission.check(kind)
  } catch (refusal) {
    if (hasBody(req)) await discard(req)
    throw refusal
  }
}

/** Whoever waits for an ending costs next to nothing meanwhile, and is not to keep those out who do not wait. */
function kindOf(kind: LoadKind | null, context: Context): LoadKind | null {
  return kind === 'read' && readPreferredWait(headerOf(context, 'prefer')) !== null ? 'wait' : kind
}

interface BodyReading {
  readonly body: RouteBody
  readonly api: ApiParts
}

/** A body has its room until the request is answered: what was made of it lives as long. */
async function withBody(
  context: Context,
  { body, api }: BodyReading,
  answer: (body: unknown) => Promise<void>,
): Promise<void> {
  const giveBack = await api.bodies.take(context.req, bytesOf(body.limit, api))
  try {
    await answer(await readJsonBody(context, body, api))
  } finally {
    giveBack()
  }
}

function send(context: Context, { status, headers, json, content }: Answer): void {
  context.status = status
  context.body = content === undefined ? JSON.stringify(json) : content.data
  context.set('Content-Type', content?.type ?? 'application/json; charset=utf-8')
  if (headers !== undefined) context.set(headers)
}

function readQuery(schema: z.ZodObject, context: Context): unknown {
  const read = schema.safeParse(parseQuery(context.querystring))
  if (read.success) return read.data
  throw invalidQuery(
    toFieldErrors(read.error.issues, { path: (path) => String(path[0] ?? ''), unknownKey: unknownParameter }),
  )
}

/** A parameter that does nothing is more often a mistake than a wish. */
function noQuery(context: Context): undefined {
  if (context.querystring === '') return undefined
  const names = Object.keys(parseQuery(context.querystring))
  if (names.length > 0) throw invalidQuery(names.map((path) => ({ path, message: unknownParameter() })))
  return undefined
}

function unknownParameter(): string {
  return 'is not a known parameter'
}

function invalidQuery(errors: FieldError[]): ProblemError {
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
  return new ProblemError('INVALID_QUERY', { detail: `${detail}.`, errors })
}

async function readJsonBody(context: Context, body: RouteBody, api: ApiParts): Promise<unknown> {
  if (body.isOptional === true && !hasBody(context.req)) return {}
  const bytes = await readBody(context.req, bytesOf(body.limit, api))
  refuseHeavy(bytes)
  const value = parseJson(bytes)
  const faults = findUnstorable(value)
  if (faults.length > 0) throw invalidBody(body.limit === 'bulk' ? faults.map(withIndex) : faults)
  if (body.isCheckedByRoute === true) return value
  const read = body.schema.safeParse(value)
  if (read.success) return read.data
  throw invalidBody(toFieldErrors(read.error.issues))
}

/** A body may be small enough and still become too many values to hold. */
function refuseHeavy(bytes: Buffer): void {
  if (bytes.length < WEIGHED_BYTES || weighJson(bytes) <= MAX_WEIGHT) return
  const detail =
    'The body has millions of values, more than are held at once; send fewer tasks or elements at a time.'
  throw new ProblemError('BODY_TOO_LARGE', { detail })
}

function bytesOf(limit: BodyLimit, { settings }: ApiParts): number {
  if (limit === 'task') return settings.maxTaskBytes
  return limit === 'bulk' ? settings.maxBulkBytes : SMALL_BODY_BYTES
}

function invalidBody(errors: readonly FieldError[]): ProblemError {
  const [first] = errors
  const place = first?.index === undefined ? '' : `Task ${first.index} of the array: `
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new ProblemError('INVALID_BODY', {
    detail: `${place}${first?.path || 'the body'}: ${first?.message}${more}.`,
    errors,
  })
}

/** In a bulk body, the first step of a pointer says which task it is. */
function withIndex(error: FieldError): FieldError {
  const [, index = '', rest = ''] = /^\/(\d+)(.*)$/s.exec(error.path) ?? []
  return index === '' ? error : { ...error, path: rest, index: Number(index) }
}

function headerOf(context: Context, name: string): string | undefined {
  const value = context.req.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

function untilGone({ res }: Context): AbortSignal {
  const controller = new AbortController()
  res.once('close', () => controller.abort())
  if (res.destroyed) controller.abort()
  return controller.signal
}
