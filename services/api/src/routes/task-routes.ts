import { type OperatorNote, pageSchema, taskSchema } from '@redrive/shared/contract'
import { cancelTask as cancelTaskIn, listTasks as listTasksIn } from '@redrive/shared/database'
import { TASK_FIELDS } from '@redrive/shared/filter'
import { newId } from '@redrive/shared/runtime'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { FILTER_DESCRIPTION, filterParameters } from '../filters/filter-parameters.ts'
import { readTaskFilter } from '../filters/read-task-filter.ts'
import { findPage } from '../http/find-page.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { ProblemError } from '../problem-error.ts'
import { toTask } from '../views/to-task.ts'
import { EXAMPLES } from './examples.ts'
import { findOwnTask, taskNotFound } from './find-own-task.ts'
import { operatorNoteBody } from './operator-note-body.ts'
import { idParameter } from './path-parameters.ts'
import { cursorParameter, limitParameter } from './query-schemas.ts'

const listQuery = z
  .object({ ...filterParameters(TASK_FIELDS), limit: limitParameter, cursor: cursorParameter })
  .catchall(z.string())

type ListQuery = z.output<typeof listQuery>
type IdParams = z.output<typeof idParameter>

/** Tasks: the list, and the one thing that can be done to one. */
export const taskRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/tasks',
    operationId: 'listTasks',
    tag: 'Tasks',
    summary: 'Search tasks, newest first',
    description: `${FILTER_DESCRIPTION} On tasks, \`text\` and \`input.<path>\` need a time: \`createdAt=>=-24h\`, for example.`,
    access: 'tasks:read',
    query: listQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(taskSchema),
        example: { items: [EXAMPLES.task], nextCursor: null },
      },
    },
    problems: ['INVALID_CURSOR', 'SEARCH_TOO_WIDE', 'DATABASE_UNAVAILABLE'],
    handle: listTasks,
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/tasks/{id}/cancel',
    operationId: 'cancelTask',
    tag: 'Tasks',
    summary: 'Cancel a task',
    description: 'Whatever it is doing: a running attempt is told to stop, and its outcome no longer counts.',
    access: 'tasks:write',
    params: idParameter,
    body: operatorNoteBody('submitted by mistake'),
    responses: { 200: { description: 'The cancelled task.', schema: taskSchema, example: EXAMPLES.task } },
    problems: ['TASK_NOT_FOUND', 'TASK_ALREADY_ENDED', 'DATABASE_UNAVAILABLE'],
    handle: cancelTask,
  }),
]

async function listTasks(request: RouteRequest<unknown, ListQuery>, api: ApiParts): Promise<Answer> {
  const { limit, cursor, ...sent } = request.query
  const match = await readTaskFilter({ sent, place: 'query', caller: request.caller }, api)
  const page = await findPage({ limit, cursor, list: { list: 'tasks', ...sent } }, (part) =>
    repeatRead(() => listTasksIn(api.db, { ...match, ...part })),
  )
  return { status: 200, json: { items: page.rows.map(toTask), nextCursor: page.nextCursor } }
}

async function cancelTask(
  request: RouteRequest<IdParams, unknown, OperatorNote>,
  api: ApiParts,
): Promise<Answer> {
  const { params, caller, body, requestId } = request
  const { id, tenantId } = await findOwnTask(params.id, caller, api)
  const { actor } = caller
  const cancellation = { tenantId, id, auditId: newId(), actor, reason: body.reason ?? null, requestId }
  const before = await withinDeadline(cancelTaskIn(api.db, cancellation))
  if (before === undefined) throw taskNotFound(id)
  if (before !== null) {
    const detail = `The task has already ended: it ${before === 'cancelled' ? 'was cancelled' : before}.`
    throw new ProblemError('TASK_ALREADY_ENDED', { detail, extensions: { taskState: before } })
  }
  const task = await findOwnTask(id, caller, api)
  api.events.emit('task.cancelled', { taskId: id, type: task.type, actor: caller.actor })
  return { status: 200, json: toTask(task) }
}
