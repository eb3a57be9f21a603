import type { FieldError } from '@redrive/shared/contract'
import type { Context, Middleware } from 'koa'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import { findUnstorable } from '../json/find-unstorable.ts'
import { parseJson } from '../json/parse-json.ts'
import { toFieldErrors } from '../json/to-field-errors.ts'
import { ProblemError } from '../problem-error.ts'
import type { Answer } from './answer.ts'
import type { Authenticator } from './authenticator.ts'
import type { Caller } from './caller.ts'
import { hasBody, readBody } from './read-body.ts'
import type { RequestState } from './request-state.ts'
import type { BodyLimit, Route, RouteBody, RouteRequest } from './route.ts'

const SMALL_BODY_BYTES = 16_384
const NOBODY: Caller = Object.freeze({ tenantId: '', actor: '' })

/** The middleware of one route: who asks, what for, the handler, the answer. */
export function serveRoute(
  route: Route,
  api: ApiParts,
  authenticator: Authenticator,
): Middleware<RequestState> {
  return async (context) => {
    context.state.routePattern = route.path
    const caller = route.access === 'public' ? NOBODY : authenticator.authenticate(context.req)
    const query = route.query === undefined ? noQuery(context) : readQuery(route.query, context)
    const body = route.body === undefined ? undefined : await readJsonBody(context, route.body, api)
    const request: RouteRequest = {
      params: (context as Context & { params: unknown }).params,
      query,
      body,
      caller,
      header: (name) => headerOf(context, name),
      untilGone: () => untilGone(context),
    }
    send(context, await route.handle(request as RouteRequest<never, never, never>, api))
  }
}

function send(context: Context, { status, headers, json, content }: Answer): void {
  context.status = status
  context.body = content === undefined ? JSON.stringify(json) : content.data
  context.set('Content-Type', content?.type ?? 'application/json; charset=utf-8')
  if (headers !== undefined) context.set(headers)
}

function readQuery(schema: z.ZodObject, context: Context): unknown {
  const read = schema.safeParse(context.query)
  if (read.success) return read.data
  throw invalidQuery(
    toFieldErrors(read.error.issues, { path: (path) => String(path[0] ?? ''), unknownKey: unknownParameter }),
  )
}

/** A parameter that does nothing is more often a mistake than a wish. */
function noQuery(context: Context): undefined {
  if (context.querystring === '') return undefined
  const names = Object.keys(context.query)
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
  const value = parseJson(await readBody(context.req, bytesOf(body.limit, api)))
  const faults = findUnstorable(value)
  if (faults.length > 0) throw invalidBody(body.limit === 'bulk' ? faults.map(withIndex) : faults)
  if (body.isCheckedByRoute === true) return value
  const read = body.schema.safeParse(value)
  if (read.success) return read.data
  throw invalidBody(toFieldErrors(read.error.issues))
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
