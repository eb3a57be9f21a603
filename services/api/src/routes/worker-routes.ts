import {
  pageSchema,
  type TaskTypeResource,
  taskTypeSchema,
  WORKER_STATES,
  type WorkerResource,
  workerSchema,
} from '@redrive/shared/contract'
import {
  listTaskTypes as listTaskTypesIn,
  listWorkers as listWorkersIn,
  type TaskTypeView,
  type WorkerView,
} from '@redrive/shared/database'
import { DEFAULT_RETRY_POLICY, mergeRetryPolicy } from '@redrive/shared/task'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { findPage } from '../http/find-page.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { ProblemError } from '../problem-error.ts'
import { EXAMPLES } from './examples.ts'
import { nameParameter } from './path-parameters.ts'
import { cursorParameter, limitParameter } from './query-schemas.ts'

const workersQuery = z.strictObject({
  state: z.enum(WORKER_STATES).optional(),
  limit: limitParameter,
  cursor: cursorParameter,
})

/** What can be run, and by whom. */
export const workerRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/task-types',
    operationId: 'listTaskTypes',
    tag: 'Workers',
    summary: 'Every task type that workers registered',
    access: 'tasks:read',
    responses: {
      200: {
        description: 'All of them.',
        schema: pageSchema(taskTypeSchema),
        example: { items: [EXAMPLES.taskType], nextCursor: null },
      },
    },
    problems: ['DATABASE_UNAVAILABLE'],
    handle: listTaskTypes,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/task-types/{name}',
    operationId: 'getTaskType',
    tag: 'Workers',
    summary: 'One task type with its input schema',
    access: 'tasks:read',
    params: nameParameter,
    responses: { 200: { description: 'The task type.', schema: taskTypeSchema, example: EXAMPLES.taskType } },
    problems: ['TASK_TYPE_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: getTaskType,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/workers',
    operationId: 'listWorkers',
    tag: 'Workers',
    summary: 'List workers, newest first; those that have ended, too',
    access: 'tasks:read',
    query: workersQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(workerSchema),
        example: { items: [EXAMPLES.worker], nextCursor: null },
      },
    },
    problems: ['INVALID_CURSOR', 'DATABASE_UNAVAILABLE'],
    handle: listWorkers,
  }),
]

async function listTaskTypes(_request: RouteRequest, { db }: ApiParts): Promise<Answer> {
  const types = await repeatRead(() => listTaskTypesIn(db))
  return { status: 200, json: { items: types.map(toTaskType), nextCursor: null } }
}

async function getTaskType(
  { params }: RouteRequest<z.output<typeof nameParameter>>,
  { db }: ApiParts,
): Promise<Answer> {
  const types = await repeatRead(() => listTaskTypesIn(db))
  const type = types.find(({ name }) => name === params.name)
  if (type !== undefined) return { status: 200, json: toTaskType(type) }
  const known = types.map(({ name }) => name).join(', ') || 'none yet'
  const detail = `There is no task type "${params.name.slice(0, 100)}"; there are: ${known}.`
  throw new ProblemError('TASK_TYPE_NOT_FOUND', { detail })
}

function toTaskType(type: TaskTypeView): TaskTypeResource {
  const { name, inputSchema, lane, retry, timeoutMs, expectedDurationMs, workerVersion, sensitive } = type
  const { isolation, memoryLimitMb } = type
  // A worker of an older version registers a policy with fewer fields.
  const policy = mergeRetryPolicy(DEFAULT_RETRY_POLICY, retry)
  return {
    name,
    inputSchema,
    lane,
    retry: { ...policy, delaysMs: [...policy.delaysMs] },
    timeoutMs,
    expectedDurationMs,
    isolation,
    memoryLimitMb,
    workerVersion,
    sensitive,
    workers: Number(type.workers),
    registeredAt: type.registeredAt.toISOString(),
    updatedAt: type.updatedAt.toISOString(),
  }
}

async function listWorkers(
  { query }: RouteRequest<unknown, z.output<typeof workersQuery>>,
  { db }: ApiParts,
): Promise<Answer> {
  const { limit, cursor, state } = query
  const page = await findPage({ limit, cursor, list: { list: 'workers', state } }, (part) =>
    repeatRead(() => listWorkersIn(db, { ...part, ...(state !== undefined && { state }) })),
  )
  return { status: 200, json: { items: page.rows.map(toWorker), nextCursor: page.nextCursor } }
}

function toWorker(worker: WorkerView): WorkerResource {
  const { id, host, pid, version, lanes, types, concurrency, state } = worker
  return {
    id,
    host,
    pid,
    version,
    lanes,
    types,
    concurrency,
    state,
    startedAt: worker.startedAt.toISOString(),
    leaseUntil: worker.leaseUntil.toISOString(),
    endedAt: worker.endedAt?.toISOString() ?? null,
  }
}
