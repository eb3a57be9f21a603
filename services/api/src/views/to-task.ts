import type { TaskResource } from '@redrive/shared/contract'
import type { TaskView } from '@redrive/shared/database'
import { maskTask } from './mask-views.ts'
import { toError } from './to-error.ts'
import { toRetry } from './to-retry.ts'

/** A task as the api shows it: named members only, so that a new column never leaks, and sensitive ones masked. */
export function toTask(view: TaskView): TaskResource {
  const task = maskTask(view)
  return {
    id: task.id,
    tenant: task.tenant,
    type: task.type,
    lane: task.lane,
    state: task.state,
    input: task.input,
    result: task.result ?? null,
    error: task.error === null ? null : toError(task.error),
    progress: task.progress,
    attempt: task.attempt,
    maxAttempts: task.maxAttempts,
    timeoutMs: task.timeoutMs,
    retry: toRetry(task.retry),
    user: task.user,
    tags: task.tags,
    createdAt: task.createdAt.toISOString(),
    runAt: task.runAt.toISOString(),
    startedAt: task.startedAt?.toISOString() ?? null,
    finishedAt: task.finishedAt?.toISOString() ?? null,
    expiresAt: task.expiresAt?.toISOString() ?? null,
    callbackUrl: task.callbackUrl,
  }
}
