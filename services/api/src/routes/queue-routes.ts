import { deadLetterSchema, pageSchema, queueSchema, taskSchema } from '@redrive/shared/contract'
import { listDeadLetters, listLaneTasks } from '@redrive/shared/database'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { MAX_PAGE_BYTES } from '../http/find-page.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { ProblemError } from '../problem-error.ts'
import { visibleTenants } from '../tenants/visible-tenants.ts'
import { ERROR, findQueues, QUEUE_NAMES } from '../views/find-queues.ts'
import { showDeadLetters } from '../views/show-dead-letters.ts'
import { toTask } from '../views/to-task.ts'
import { EXAMPLES } from './examples.ts'
import { nameParameter } from './path-parameters.ts'
import { limitParameter } from './query-schemas.ts'

const limitQuery = z.strictObject({ limit: limitParameter })

type NameRequest<Query = unknown> = RouteRequest<z.output<typeof nameParameter>, Query>

/** Lanes and the error queue. Looking disturbs nothing: depths come from the broker's own count, tasks from the ledger. */
export const queueRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/queues',
    operationId: 'listQueues',
    tag: 'Queues',
    summary: 'Every lane and the error queue',
    access: 'tasks:read',
    responses: {
      200: {
        description: 'All of them.',
        schema: pageSchema(queueSchema),
        example: { items: [EXAMPLES.queue], nextCursor: null },
      },
    },
    problems: ['DATABASE_UNAVAILABLE'],
    handle: listQueues,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/queues/{name}',
    operationId: 'getQueue',
    tag: 'Queues',
    summary: 'One lane, or the error queue',
    access: 'tasks:read',
    params: nameParameter,
    responses: { 200: { description: 'The queue.', schema: queueSchema, example: EXAMPLES.queue } },
    problems: ['QUEUE_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: getQueue,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/queues/{name}/tasks',
    operationId: 'listQueueTasks',
    tag: 'Queues',
    summary: 'What waits in a queue',
    description:
      'Of a lane: its next tasks, in the order in which they became due. Of the error queue: the dead letters that are carried or open, newest first.',
    access: 'tasks:read',
    params: nameParameter,
    query: limitQuery,
    responses: {
      200: {
        description: 'The first of them; large ones until they have about 8 MiB.',
        schema: z.union([pageSchema(taskSchema), pageSchema(deadLetterSchema)]),
        example: { items: [EXAMPLES.task], nextCursor: null },
      },
    },
    problems: ['QUEUE_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: listQueueTasks,
  }),
]

async function listQueues({ caller }: RouteRequest, api: ApiParts): Promise<Answer> {
  const items = await repeatRead(() => findQueues(QUEUE_NAMES, caller, api))
  return { status: 200, json: { items, nextCursor: null } }
}

async function getQueue({ params, caller }: NameRequest, api: ApiParts): Promise<Answer> {
  const name = knownQueue(params.name)
  const [queue] = await repeatRead(() => findQueues([name], caller, api))
  return { status: 200, json: queue }
}

const ON_THE_WAY = { state: { anyOf: ['carried', 'open'] } } as const

async function listQueueTasks(
  { params, query, caller }: NameRequest<z.output<typeof limitQuery>>,
  api: ApiParts,
): Promise<Answer> {
  const lane = knownQueue(params.name)
  const { limit } = query
  const tenantIds = (await repeatRead(() => visibleTenants(caller, api))).map(({ id }) => id)
  const maxBytes = MAX_PAGE_BYTES
  if (lane === ERROR) {
    const letters = await repeatRead(() =>
      listDeadLetters(api.db, { tenantIds, filter: ON_THE_WAY, limit, maxBytes }),
    )
    const items = await repeatRead(() => showDeadLetters(api, letters))
    return { status: 200, json: { items, nextCursor: null } }
  }
  const tasks = await repeatRead(() => listLaneTasks(api.db, { tenantIds, lane, limit, maxBytes }))
  return { status: 200, json: { items: tasks.map(toTask), nextCursor: null } }
}

function knownQueue(name: string): string {
  if (QUEUE_NAMES.includes(name)) return name
  const detail = `There is no queue "${name.slice(0, 100)}"; there are ${QUEUE_NAMES.join(', ')}.`
  throw new ProblemError('QUEUE_NOT_FOUND', { detail })
}
