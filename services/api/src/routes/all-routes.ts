import { z } from 'zod'
import { defineRoute, type Route } from '../http/route.ts'
import { describeApi } from '../reference/describe-api.ts'
import { auditRoutes } from './audit-routes.ts'
import { deadLetterCommandRoutes } from './dead-letter-command-routes.ts'
import { deadLetterDetailRoutes } from './dead-letter-detail-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import { groupCommandRoutes } from './group-command-routes.ts'
import { groupRoutes } from './group-routes.ts'
import { discardManyRoutes } from './discard-many-routes.ts'
import { discardRoutes } from './discard-routes.ts'
import { outcomeRoutes } from './outcome-routes.ts'
import { queueRoutes } from './queue-routes.ts'
import { recallRoutes } from './recall-routes.ts'
import { reconciliationRoutes } from './reconciliation-routes.ts'
import { redriveCommandRoutes } from './redrive-command-routes.ts'
import { redriveRoutes } from './redrive-routes.ts'
import { referenceRoutes } from './reference-routes.ts'
import { serviceRoutes } from './service-routes.ts'
import { submitRoutes } from './submit-routes.ts'
import { taskDetailRoutes } from './task-detail-routes.ts'
import { taskRoutes } from './task-routes.ts'
import { workerRoutes } from './worker-routes.ts'

/** Every route of the api; what is served and what is documented are both made from this list. */
export function allRoutes(): readonly Route[] {
  const routes: Route[] = [
    ...submitRoutes,
    ...taskRoutes,
    ...taskDetailRoutes,
    ...outcomeRoutes,
    ...queueRoutes,
    // Before the dead letters, one of which would be called "groups".
    ...groupRoutes,
    ...groupCommandRoutes,
    ...deadLetterRoutes,
    ...deadLetterDetailRoutes,
    ...deadLetterCommandRoutes,
    ...discardRoutes,
    ...discardManyRoutes,
    ...auditRoutes,
    ...recallRoutes,
    ...redriveRoutes,
    ...redriveCommandRoutes,
    ...workerRoutes,
    ...reconciliationRoutes,
    ...serviceRoutes,
    ...referenceRoutes,
  ]
  routes.push(documentRoute(routes))
  return routes
}

/** Documents itself, too, so it is made last and describes the list that it is in. */
function documentRoute(routes: readonly Route[]): Route {
  let document: string | null = null
  return defineRoute({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getDocument',
    tag: 'Service',
    summary: 'This document',
    access: 'public',
    responses: { 200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) } },
    problems: [],
    handle: () => {
      document ??= JSON.stringify(describeApi(routes))
      return { status: 200, content: { type: 'application/json; charset=utf-8', data: document } }
    },
  })
}
