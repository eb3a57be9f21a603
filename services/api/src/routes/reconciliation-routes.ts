import { type ReconciliationResource, reconciliationSchema } from '@redrive/shared/contract'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { findReconciliation } from '../views/find-reconciliation.ts'

const EXAMPLE: ReconciliationResource = {
  balancedSince: '2026-03-01T04:12:07.301Z',
  lookedAt: '2026-03-01T09:30:00.120Z',
  lookedBy: 'dispatcher-1:1',
  open: { scheduled: 12, retrying: 3, waiting: 0, queued: 40, running: 100 },
  deadLetters: { carried: 0, open: 7 },
  queues: [
    {
      brokerQueue: 'redrive.v1.normal',
      ready: 40,
      unacknowledged: 100,
      consumers: 2,
      missing: 0,
      stuck: 0,
      policy: null,
      note: null,
    },
  ],
  ledger: {
    startedAt: '2026-03-01T09:28:01.004Z',
    endedAt: '2026-03-01T09:29:44.870Z',
    accepted: 1_000_155,
    ended: { succeeded: 999_950, failed: 20, cancelled: 25, expired: 5 },
    open: 155,
    deadLetters: { carried: 0, open: 7, redriven: 31, discarded: 13 },
    differences: [],
  },
  repairs: {
    totals: [{ repair: 'tickets_published_again', times: 1, count: 200, lastAt: '2026-03-01T04:11:50.012Z' }],
    recent: [
      {
        at: '2026-03-01T04:11:50.012Z',
        repair: 'tickets_published_again',
        lane: 'normal',
        count: 200,
        detail: 'confirmed before their queue was found missing',
      },
    ],
  },
}

/** The proof that nothing is lost, as far as counting can give one. */
export const reconciliationRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/reconciliation',
    operationId: 'getReconciliation',
    tag: 'Service',
    summary: 'Whether everything that was accepted is where it should be',
    description:
      'Accepted tasks are those that ended and those that are open; each failed task has one dead letter; and what the broker holds is what was confirmed. Says what differed, what was repaired, and since when all of it balances.',
    access: 'tasks:read',
    responses: {
      200: { description: 'As a dispatcher last saw it.', schema: reconciliationSchema, example: EXAMPLE },
    },
    problems: ['DATABASE_UNAVAILABLE'],
    handle: getReconciliation,
  }),
]

async function getReconciliation({ caller }: RouteRequest, api: ApiParts): Promise<Answer> {
  return { status: 200, json: await repeatRead(() => findReconciliation(caller, api)) }
}
