import type { DeadLetterDetail } from '@redrive/shared/contract'
import type { AttemptView, AuditEntryView, DeadLetterView, TaskView } from '@redrive/shared/database'
import { maskAttempts, maskDeadLetter, secretsIn } from './mask-views.ts'
import { type DeadLetterShowing, toDeadLetter } from './to-dead-letter.ts'
import { toTimeline } from './to-timeline.ts'

export interface DeadLetterStory {
  readonly letter: DeadLetterView
  /** Up to this death. */
  readonly attempts: readonly AttemptView[]
  /** Of the lives after it. */
  readonly laterAttempts: readonly AttemptView[]
  /** Null for a foreign message. */
  readonly task: TaskView | null
  /** All of the task's, this one among them; of a foreign message this one alone. */
  readonly deadLetters: readonly DeadLetterView[]
  readonly history: readonly AuditEntryView[]
}

/** One dead letter with everything that is known about it, and about the lives of its task before and after. */
export function toDeadLetterDetail(story: DeadLetterStory, showing: DeadLetterShowing): DeadLetterDetail {
  const { letter, attempts, laterAttempts, task, history } = story
  const deadLetters = isAmong(letter, story.deadLetters) ? story.deadLetters : [...story.deadLetters, letter]
  const secrets = secretsIn([...deadLetters, ...(task === null ? [] : [task])])
  return {
    ...toDeadLetter(letter, attempts, showing),
    timeline: toTimeline({
      task,
      attempts: maskAttempts([...attempts, ...laterAttempts], secrets),
      deadLetters: deadLetters
        .map((one) => maskDeadLetter(one, secrets))
        .toSorted((one, other) => one.diedAt.getTime() - other.diedAt.getTime()),
      history,
    }),
  }
}

/** Of a task that died very often, only the latest dead letters are read. */
function isAmong({ id }: DeadLetterView, deadLetters: readonly DeadLetterView[]): boolean {
  return deadLetters.some((one) => one.id === id)
}
