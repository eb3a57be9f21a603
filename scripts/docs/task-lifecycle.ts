import { type Transition, TRANSITIONS } from '@redrive/shared/task'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const PREFACE = `# A task's life

Every move of a task between the states that the API shows. Each is one statement in \`shared/src/database\`, and its
guard is in the statement's condition; a move without a statement is only time passing. There are no other moves.

A task whose deadline passes while it waits ends as \`expired\`, also when it waits for another attempt: its explanation then
tells the last error. Expired and cancelled tasks have no dead letter. A running task is left its time; if its attempt
fails then, or asks for another attempt that would begin after the deadline, the task has failed, and has a dead letter
with the reason \`deadline_passed\`. [Retries and deadlines](retries.md) has the whole order.`

export const taskLifecycle = generatedPart('docs/task-lifecycle.md', PREFACE, () =>
  markdownTable(['from', 'to', 'cause', 'statement', 'guard'], TRANSITIONS.map(row)),
)

function row({ from, to, cause, statement, guard }: Transition): readonly string[] {
  return [code(from), code(to), cause, statement === '' ? '' : code(statement), guard]
}
