import type { TaskView } from '@redrive/shared/database'
import { hasEnded } from '@redrive/shared/task'
import type { ApiParts } from '../api-parts.ts'
import type { RouteRequest } from '../http/route.ts'
import { findOwnTask } from './find-own-task.ts'
import { readPreferredWait } from './read-preferred-wait.ts'

export interface AwaitedTask {
  readonly task: TaskView
  /** Tells the client that its preference was honoured. */
  readonly headers: Readonly<Record<string, string>>
}

/** The task as it is, or, if the client prefers to wait, as it is when it has ended or the time is over. */
export async function awaitEnding(
  request: RouteRequest<{ id: string }>,
  api: ApiParts,
): Promise<AwaitedTask> {
  const { params, caller } = request
  const waitS = readPreferredWait(request.header('prefer'))
  const task = await findOwnTask(params.id, caller, api)
  if (waitS === null) return { task, headers: {} }
  const headers = { 'preference-applied': `wait=${waitS}` }
  if (hasEnded(task.state)) return { task, headers }
  const isWaited = await api.endings.wait({
    taskId: task.id,
    waitMs: waitS * 1_000,
    signal: request.untilGone(),
  })
  return isWaited ? { task: await findOwnTask(params.id, caller, api), headers } : { task, headers: {} }
}
