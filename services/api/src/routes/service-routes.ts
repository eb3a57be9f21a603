import { livenessSchema, readinessSchema } from '@redrive/shared/contract'
import { askReadiness } from '@redrive/shared/runtime'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'

/** Probes give up after one to five seconds. */
const READINESS_LIMIT_MS = 2_500

const READY = { ready: true, checks: { ledger: 'ok', broker: 'ok' } }
const NOT_READY = { ready: false, checks: { ledger: 'unreachable', broker: 'ok' } }

/** For probes: no key, and no more detail than they need. */
export const serviceRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/livez',
    operationId: 'isAlive',
    tag: 'Service',
    summary: 'Whether the process answers',
    access: 'public',
    responses: { 200: { description: 'It does.', schema: livenessSchema, example: { status: 'ok' } } },
    problems: [],
    handle: () => ({ status: 200, json: { status: 'ok' } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/readyz',
    operationId: 'isReady',
    tag: 'Service',
    summary: 'Whether the api can accept tasks',
    description:
      'Needs the ledger. Without RabbitMQ tasks are accepted all the same, and run when it is back.',
    access: 'public',
    responses: {
      200: { description: 'It can.', schema: readinessSchema, example: READY },
      503: { description: 'It cannot at the moment.', schema: readinessSchema, example: NOT_READY },
    },
    problems: [],
    handle: answerReadiness,
  }),
]

async function answerReadiness(_request: RouteRequest, api: ApiParts): Promise<Answer> {
  const readiness = await askReadiness(() => api.readiness(), READINESS_LIMIT_MS)
  return { status: readiness.ready ? 200 : 503, json: readiness }
}
