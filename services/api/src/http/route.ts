import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { ProblemCode } from '../problems.ts'
import type { Answer } from './answer.ts'
import type { Caller } from './caller.ts'
import type { Scope } from './scope.ts'

export type BodyLimit = 'task' | 'bulk' | 'small'

export interface RouteBody<Body extends z.ZodType = z.ZodType> {
  readonly schema: Body
  readonly limit: BodyLimit
  /** An absent body is read as `{}`. */
  readonly isOptional?: true
  /** The route checks the body itself, because its checks need more than the schema; the schema documents it. */
  readonly isCheckedByRoute?: true
  readonly example: unknown
}

export interface RouteResponse {
  readonly description: string
  /** Absent where the answer is no JSON. */
  readonly schema?: z.ZodType
  readonly example?: unknown
  readonly contentType?: string
  readonly headers?: z.ZodObject
}

export interface RouteRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: Caller
  /** As in the answer's X-Request-Id. */
  readonly requestId: string
  /** A request header, by its name in lower case. */
  header(name: string): string | undefined
  /** Aborted when the client has gone before it was answered. */
  untilGone(): AbortSignal
}

/** A route, as data: what serves it and what documents it are made from the same schemas. */
export interface RouteDefinition<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST'
  /** With parameters as in OpenAPI: `/api/v1/tasks/{id}`. */
  readonly path: string
  readonly operationId: string
  readonly tag: 'Tasks' | 'Queues' | 'Dead letters' | 'Redrives' | 'Audit' | 'Workers' | 'Service'
  readonly summary: string
  readonly description?: string
  readonly access: Scope | 'public'
  readonly params?: Params
  readonly query?: Query
  /** For the document only: routes read headers themselves. */
  readonly headers?: z.ZodObject
  readonly body?: RouteBody<Body>
  readonly responses: Readonly<Record<number, RouteResponse>>
  /** What it answers beside the problems that its parts imply: authentication, body, query. */
  readonly problems: readonly ProblemCode[]
  handle(
    request: RouteRequest<z.output<Params>, z.output<Query>, z.output<Body>>,
    api: ApiParts,
  ): Answer | Promise<Answer>
}

/** A route whose own types are forgotten, so that all fit in one list. */
export type Route = Omit<RouteDefinition, 'handle'> & {
  handle(request: RouteRequest<never, never, never>, api: ApiParts): Answer | Promise<Answer>
}

/** Ties the handler's types to the schemas. */
export function defineRoute<
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
>(definition: RouteDefinition<Params, Query, Body>): Route {
  return definition
}
