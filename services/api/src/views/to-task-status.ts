import type { TaskStatus } from '@redrive/shared/contract'
import type { TaskView } from '@redrive/shared/database'

export function toTaskStatus(task: TaskView): TaskStatus {
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
