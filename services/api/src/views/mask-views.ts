import type { AttemptView, DeadLetterView, TaskView } from '@redrive/shared/database'
import { maskError, maskInput, maskText, maskTexts, secretsOf } from '@redrive/shared/task'

type Masked = Pick<TaskView | DeadLetterView, 'input' | 'sensitive'>

/** Sensitive values that texts about a task might repeat: of its input, and of those that it died with before. */
export function secretsIn(views: readonly Masked[]): readonly string[] {
  return [...new Set(views.flatMap(({ input, sensitive }) => secretsOf(input, sensitive)))]
}

/** A task without the sensitive values of its input. What its handler returned is shown as it is. */
export function maskTask(task: TaskView, secrets = secretsIn([task])): TaskView {
  if (task.sensitive.length === 0) return task
  return {
    ...task,
    input: maskInput(task.input, task.sensitive),
    error: task.error === null ? null : maskError(task.error, secrets),
    progress: maskTexts(task.progress, secrets) as TaskView['progress'],
    returnReason: task.returnReason === null ? null : maskText(task.returnReason, secrets),
  }
}

export function maskDeadLetter(letter: DeadLetterView, secrets = secretsIn([letter])): DeadLetterView {
  if (letter.sensitive.length === 0) return letter
  return {
    ...letter,
    input: maskInput(letter.input, letter.sensitive),
    error: maskError(letter.error, secrets),
    decision: maskText(letter.decision, secrets),
    evidence: maskTexts(letter.evidence, secrets) as DeadLetterView['evidence'],
  }
}

export function maskAttempts(
  attempts: readonly AttemptView[],
  secrets: readonly string[],
): readonly AttemptView[] {
  if (secrets.length === 0) return attempts
  return attempts.map((attempt) => ({
    ...attempt,
    error: attempt.error === null ? null : maskError(attempt.error, secrets),
    decision: attempt.decision === null ? null : maskText(attempt.decision, secrets),
    progress: maskTexts(attempt.progress, secrets) as AttemptView['progress'],
    evidence: maskTexts(attempt.evidence, secrets) as AttemptView['evidence'],
    note: maskTexts(attempt.note, secrets) as AttemptView['note'],
  }))
}

/** The same with nothing masked, for a caller who may see it all and whose look is audited. */
export function reveal<View extends Masked>(view: View): View {
  return { ...view, sensitive: [] }
}
