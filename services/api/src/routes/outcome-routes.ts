import { listedResultSchema, pageSchema, taskResultSchema, taskStatusSchema } from '@redrive/shared/contract'
import { listDeadLetters, listResults as listResultsIn, type TaskView } from '@redrive/shared/database'
import { TASK_FIELDS } from '@redrive/shared/filter'
import { hasEnded } from '@redrive/shared/task'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { filterParameters } from '../filters/filter-parameters.ts'
import { readTaskFilter } from '../filters/read-task-filter.ts'
import { findPage } from '../http/find-page.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { ProblemError } from '../problem-error.ts'
import { maskTask } from '../views/mask-views.ts'
import { toError } from '../views/to-error.ts'
import { toTaskStatus } from '../views/to-task-status.ts'
import { awaitEnding } from './await-ending.ts'
import { EXAMPLES } from './examples.ts'
import { idParameter } from './path-parameters.ts'
import { cursorParameter, limitParameter, wordParameter } from './query-schemas.ts'

const preferHeader = z.object({
  Prefer: z
    .string()
    .optional()
    .meta({
      description: '`wait=N` waits up to N seconds (1 to 60) for the end of the task.',
      examples: ['wait=30'],
    }),
})

const waitHeaders = z.object({ 'Preference-Applied': z.string().optional() })

const resultsQuery = z.strictObject({
  type: wordParameter,
  tenant: filterParameters(TASK_FIELDS).tenant,
  limit: limitParameter,
  cursor: cursorParameter,
})

type IdRequest = RouteRequest<z.output<typeof idParameter>>

/** What became of tasks. */
export const outcomeRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/tasks/{id}/status',
    operationId: 'getTaskStatus',
    tag: 'Tasks',
    summary: 'The state of a task and its progress',
    access: 'tasks:read',
    params: idParameter,
    headers: preferHeader,
    responses: {
      200: {
        description: 'The state.',
        schema: taskStatusSchema,
        example: EXAMPLES.taskStatus,
        headers: waitHeaders,
      },
    },
    problems: ['TASK_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: getStatus,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/tasks/{id}/result',
    operationId: 'getTaskResult',
    tag: 'Tasks',
    summary: 'The result of a task',
    access: 'tasks:read',
    params: idParameter,
    headers: preferHeader,
    responses: {
      200: {
        description: 'It has succeeded.',
        schema: taskResultSchema,
        example: EXAMPLES.taskResult,
        headers: waitHeaders,
      },
      202: {
        description: 'It has not ended yet.',
        schema: taskStatusSchema,
        example: EXAMPLES.taskStatus,
        headers: z.object({ ...waitHeaders.shape, 'Retry-After': z.string() }),
      },
    },
    problems: ['TASK_NOT_FOUND', 'TASK_NOT_SUCCEEDED', 'DATABASE_UNAVAILABLE'],
    handle: getResult,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/results',
    operationId: 'listResults',
    tag: 'Tasks',
    summary: 'List succeeded tasks with their results, newest first',
    access: 'tasks:read',
    query: resultsQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(listedResultSchema),
        example: {
          items: [{ ...EXAMPLES.taskResult, type: 'math.add', tenant: 'default' }],
          nextCursor: null,
        },
      },
    },
    problems: ['INVALID_CURSOR', 'DATABASE_UNAVAILABLE'],
    handle: listResults,
  }),
]

async function getStatus(request: IdRequest, api: ApiParts): Promise<Answer> {
  const { task, headers } = await awaitEnding(request, api)
  return { status: 200, headers, json: toTaskStatus(task) }
}

async function getResult(request: IdRequest, api: ApiParts): Promise<Answer> {
  const { task, headers } = await awaitEnding(request, api)
  if (!hasEnded(task.state)) {
    return { status: 202, headers: { ...headers, 'retry-after': retryAfter(task) }, json: toTaskStatus(task) }
  }
  if (task.state !== 'succeeded') throw await notSucceeded(task, headers, api)
  const { id, state, result } = task
  return {
    status: 200,
    headers,
    json: { id, state, result: result ?? null, finishedAt: task.finishedAt?.toISOString() },
  }
}

const MAX_RETRY_AFTER_S = 60

/** A task that is due later need not be asked for before; any other may end at any moment. */
function retryAfter({ runAt }: TaskView): string {
  const untilDueS = Math.ceil((runAt.getTime() - Date.now()) / 1_000)
  return String(Math.min(Math.max(untilDueS, 1), MAX_RETRY_AFTER_S))
}

async function notSucceeded(
  task: TaskView,
  headers: Readonly<Record<string, string>>,
  { db }: ApiParts,
): Promise<ProblemError> {
  const { id, tenantId, state: taskState, error } = maskTask(task)
  const [letter] =
    taskState === 'failed'
      ? await repeatRead(() =>
          listDeadLetters(db, { tenantIds: [tenantId], filter: { taskId: { anyOf: [id] } }, limit: 1 }),
        )
      : []
  const how = taskState === 'cancelled' ? 'was cancelled' : taskState
  const why = error === null ? '' : `: ${error.type}: ${error.message.slice(0, 500)}`
  return new ProblemError('TASK_NOT_SUCCEEDED', {
    detail: `The task has no result, because it ${how}${why}.`,
    headers,
    extensions: {
      taskState,
      error: error === null ? null : toError(error),
      deadLetterId: letter?.id ?? null,
    },
  })
}

async function listResults(
  request: RouteRequest<unknown, z.output<typeof resultsQuery>>,
  api: ApiParts,
): Promise<Answer> {
  const { limit, cursor, type, tenant } = request.query
  const sent = tenant === undefined ? {} : { tenant }
  const { tenantIds } = await readTaskFilter({ sent, place: 'query', caller: request.caller }, api)
  const page = await findPage({ limit, cursor, list: { list: 'results', type, tenant } }, (part) =>
    repeatRead(() => listResultsIn(api.db, { tenantIds, ...part, ...(type !== undefined && { type }) })),
  )
  const items = page.rows.map(({ id, tenant: of, type, result, finishedAt }) => {
    return {
      id,
      tenant: of,
      type,
      state: 'succeeded',
      result: result ?? null,
      finishedAt: finishedAt?.toISOString(),
    }
  })
  return { status: 200, json: { items, nextCursor: page.nextCursor } }
}
