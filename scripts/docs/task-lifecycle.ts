import { type Transition, TRANSITIONS } from '@redrive/shared/task'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const PREFACE = `# A task's life

Every move of a task between the states that the API shows. Each is one statement in \`shared/src/database\`, and its
guard is in the statement's condition; a move without a statement is only time passing. There are no other moves.`

export const taskLifecycle = generatedPart('docs/task-lifecycle.md', PREFACE, () =>
  markdownTable(['from', 'to', 'cause', 'statement', 'guard'], TRANSITIONS.map(row)),
)

function row({ from, to, cause, statement, guard }: Transition): readonly string[] {
  return [code(from), code(to), cause, statement === '' ? '' : code(statement), guard]
}
