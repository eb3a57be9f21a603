import type { TaskStatus } from '@redrive/shared/contract'
import type { TaskView } from '@redrive/shared/database'
import { maskTask } from './mask-views.ts'

export function toTaskStatus(view: TaskView): TaskStatus {
  const task = maskTask(view)
  return {
    id: task.id,
    state: task.state,
    attempt: task.attempt,
    maxAttempts: task.maxAttempts,
    progress: task.progress,
    runAt: task.runAt.toISOString(),
    startedAt: task.startedAt?.toISOString() ?? null,
    finishedAt: task.finishedAt?.toISOString() ?? null,
  }
}
