import type { TaskDetail } from '@redrive/shared/contract'
import type { AttemptView, AuditEntryView, DeadLetterView, TaskView } from '@redrive/shared/database'
import { explainTask } from '@redrive/shared/task'
import { toAttempt } from './to-attempt.ts'
import { toTask } from './to-task.ts'

export interface TaskStory {
  readonly task: TaskView
  readonly attempts: readonly AttemptView[]
  readonly deadLetters: readonly DeadLetterView[]
  readonly history: readonly AuditEntryView[]
}

/** One task with everything that is known about it. */
export function toTaskDetail({ task, attempts, deadLetters, history }: TaskStory): TaskDetail {
  return {
    ...toTask(task),
    attempts: attempts.map(toAttempt),
    explanation: explainTask({ ...task, attempts, deadLetters, history }),
    deadLetters: deadLetters.map(({ id, state, diedAt }) => ({ id, state, diedAt: diedAt.toISOString() })),
    history: history.map(({ at, actor, action, deadLetterId, reason, details }) => {
      return { at: at.toISOString(), actor, action, deadLetterId, reason, details }
    }),
  }
}
