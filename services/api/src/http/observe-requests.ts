import type { Events } from '@redrive/shared/runtime'
import type { Context, Middleware, Next } from 'koa'
import { randomUUID } from 'node:crypto'
import type { ProblemError } from '../problem-error.ts'
import { problemBody, toProblem } from '../to-problem.ts'
import type { RequestState } from './request-state.ts'

const SANE_ID = /^[\w.-]{1,128}$/
const UNROUTED = 'none'

/**
 * The outermost middleware: gives the request its id, turns whatever is thrown into a problem, and reports the request
 * when it is answered. The caller's own X-Request-Id is kept where it is harmless in a log.
 */
export function observeRequests(events: Events): Middleware<RequestState> {
  return async (context, next) => {
    const startedAtMs = performance.now()
    const requestId = readRequestId(context)
    context.state.requestId = requestId
    context.state.routePattern = UNROUTED
    context.set('X-Request-Id', requestId)
    await answer(context, next, events)
    events.emit('request.answered', {
      requestId,
      method: context.method,
      route: context.state.routePattern,
      status: context.status,
      // A request may take less than a millisecond, and the histogram is made from this.
      durationMs: Number((performance.now() - startedAtMs).toFixed(3)),
    })
  }
}

async function answer(context: Context, next: Next, events: Events): Promise<void> {
  try {
    await next()
  } catch (thrown) {
    const problem = toProblem(thrown)
    if (problem.status === 500) reportFailure(context, events, problem)
    answerProblem(context, problem)
  }
}

function reportFailure(context: Context, events: Events, problem: ProblemError): void {
  const { requestId, routePattern: route } = context.state as RequestState
  const error = problem.cause ?? problem
  events.emit('request.failed', { requestId, method: context.method, route, status: 500, error })
}

function answerProblem(context: Context, problem: ProblemError): void {
  context.status = problem.status
  context.set(problem.headers)
  context.body = JSON.stringify(problemBody(problem, (context.state as RequestState).requestId))
  context.set('Content-Type', 'application/problem+json')
}

function readRequestId(context: Context): string {
  const sent = context.req.headers['x-request-id']
  return typeof sent === 'string' && SANE_ID.test(sent) ? sent : randomUUID()
}
