import { taskDetailSchema } from '@redrive/shared/contract'
import {
  type Database,
  findTask,
  listAttempts,
  listAuditEntries,
  listDeadLetters,
  readInSnapshot,
} from '@redrive/shared/database'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { visibleOwner } from '../http/caller.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { reveal } from '../views/mask-views.ts'
import { type TaskStory, toTaskDetail } from '../views/to-task-detail.ts'
import { EXAMPLES } from './examples.ts'
import { taskNotFound } from './find-own-task.ts'
import { idParameter } from './path-parameters.ts'
import { auditReveal, isRevealAsked, revealQuery } from './reveal-query.ts'

/** One task with everything that is known about it. */
export const taskDetailRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/tasks/{id}',
    operationId: 'getTask',
    tag: 'Tasks',
    summary: 'One task with its attempts, dead letters, history and timeline, explained',
    access: 'tasks:read',
    params: idParameter,
    query: revealQuery,
    responses: { 200: { description: 'The task.', schema: taskDetailSchema, example: EXAMPLES.taskDetail } },
    problems: ['TASK_NOT_FOUND', 'SCOPE_REQUIRED', 'DATABASE_UNAVAILABLE'],
    handle: getTask,
  }),
]

const MAX_DEAD_LETTERS = 100

type DetailRequest = RouteRequest<z.output<typeof idParameter>, z.output<typeof revealQuery>>

async function getTask(request: DetailRequest, api: ApiParts): Promise<Answer> {
  const { params, caller } = request
  const isRevealed = isRevealAsked(request)
  if (!isUuid(params.id)) throw taskNotFound(params.id)
  const story = await repeatRead(() => readStory(api.db, { owner: visibleOwner(caller), id: params.id }))
  if (story === null) throw taskNotFound(params.id)
  const { id: taskId, tenantId, sensitive } = story.task
  const isAudited = isRevealed && sensitive.length > 0
  if (isAudited) await auditReveal(request, { tenantId, taskId, deadLetterId: null }, api)
  return { status: 200, json: toTaskDetail(isAudited ? revealStory(story) : story) }
}

function readStory(
  db: Database['db'],
  { owner, id }: { readonly owner: string | null; readonly id: string },
): Promise<TaskStory | null> {
  return readInSnapshot(db, async (snapshot) => {
    const task = await findTask(snapshot, { tenantId: owner, id })
    if (task === null) return null
    const { tenantId } = task
    return {
      task,
      attempts: await listAttempts(snapshot, { tenantId, id }),
      deadLetters: await listDeadLetters(snapshot, {
        tenantIds: [tenantId],
        filter: { taskId: { anyOf: [id] } },
        limit: MAX_DEAD_LETTERS,
      }),
      history: await listAuditEntries(snapshot, { tenantId, taskId: id }),
    }
  })
}

function revealStory({ task, deadLetters, ...rest }: TaskStory): TaskStory {
  return { ...rest, task: reveal(task), deadLetters: deadLetters.map(reveal) }
}
