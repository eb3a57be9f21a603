import { PROBLEMS } from '../../services/api/src/problems.ts'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const PREFACE = `# Errors

Every answer that is not a success is a problem document (RFC 9457, \`application/problem+json\`) with a \`code\` that does
not change between versions. The text beside it may.`

export const errors = generatedPart('docs/errors.md', PREFACE, () => {
  const rows = Object.entries(PROBLEMS).map(([name, { status, title, meaning, whatToDo }]) => [
    code(name),
    String(status),
    title,
    meaning,
    whatToDo,
  ])
  return markdownTable(['code', 'status', 'title', 'meaning', 'what to do'], rows)
})
