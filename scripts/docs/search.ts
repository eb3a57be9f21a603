import { DEAD_LETTER_FIELDS, type FilterLanguage, TASK_FIELDS } from '@redrive/shared/filter'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const PREFACE = `# Search

One filter language finds dead letters and tasks.`

export const search = generatedPart('docs/search.md', PREFACE, () =>
  [
    '### Dead letters',
    fieldTable(DEAD_LETTER_FIELDS, 'In the input that it died with.'),
    '### Tasks',
    fieldTable(TASK_FIELDS, 'In its input. Only with a `createdAt` from a time on.'),
  ].join('\n\n'),
)

function fieldTable(language: FilterLanguage, ofInput: string): string {
  const rows = Object.entries(language).map(([field, { kind, meaning, words, example }]) => {
    const among = words === undefined ? '' : ` ${words.map(code).join(', ')}.`
    return [code(field), KINDS[kind], `${meaning}${among}`, code(`${field}=${example}`)]
  })
  rows.push(['`input.<path>`', 'text, number, true, false, null', ofInput, '`input.country=CH`'])
  return markdownTable(['field', 'values', 'meaning', 'example'], rows)
}

const KINDS = {
  words: 'text',
  ids: 'id',
  numbers: 'number',
  times: 'time',
  from: 'one time',
  before: 'one time',
  boolean: 'true, false',
  text: 'words',
} as const
