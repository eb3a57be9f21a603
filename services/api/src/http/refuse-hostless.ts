import type { Middleware } from 'koa'
import { ProblemError } from '../problem-error.ts'
import type { RequestState } from './request-state.ts'

/** HTTP/1.1 has each request name its host. */
export const refuseHostless: Middleware<RequestState> = (context, next) => {
  if (context.req.headers.host !== undefined || context.req.httpVersionMinor === 0) return next()
  throw new ProblemError('MALFORMED_REQUEST', { detail: 'The request has no Host header.' })
}
