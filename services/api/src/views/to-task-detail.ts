import type { TaskDetail } from '@redrive/shared/contract'
import type { AttemptView, AuditEntryView, DeadLetterView, TaskView } from '@redrive/shared/database'
import { explainTask } from '@redrive/shared/task'
import { maskAttempts, maskDeadLetter, maskTask, secretsIn } from './mask-views.ts'
import { toAttempt } from './to-attempt.ts'
import { toTask } from './to-task.ts'
import { toTimeline } from './to-timeline.ts'

export interface TaskStory {
  readonly task: TaskView
  readonly attempts: readonly AttemptView[]
  readonly deadLetters: readonly DeadLetterView[]
  readonly history: readonly AuditEntryView[]
}

/** One task with everything that is known about it. */
export function toTaskDetail(story: TaskStory): TaskDetail {
  const { history } = story
  const secrets = secretsIn([story.task, ...story.deadLetters])
  const task = maskTask(story.task, secrets)
  const attempts = maskAttempts(story.attempts, secrets)
  const deadLetters = story.deadLetters.map((letter) => maskDeadLetter(letter, secrets))
  return {
    ...toTask(task),
    attempts: attempts.map(toAttempt),
    explanation: explainTask({ ...task, attempts, deadLetters, history }),
    timeline: toTimeline({ task, attempts, deadLetters: deadLetters.toReversed(), history }),
    deadLetters: deadLetters.map(({ id, state, diedAt }) => ({ id, state, diedAt: diedAt.toISOString() })),
    history: history.map(({ at, actor, action, deadLetterId, reason, details }) => {
      return { at: at.toISOString(), actor, action, deadLetterId, reason, details }
    }),
  }
}
