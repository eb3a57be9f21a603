import { describeExpected, SERVICES, type SettingDefinition, SETTINGS } from '@redrive/shared/runtime'
import { defaultText } from './default-text.ts'
import { generatedPart } from './generated-document.ts'
import { code, markdownTable } from './markdown-table.ts'

const PREFACE = `# Configuration

Settings come from the environment, then from a file \`.env\` in the current folder, then from defaults. An empty text
counts as unset. Each service reads its own settings when it starts and reports everything that is wrong with them at
once; a name that is a slip away from a setting's is reported too.`

export const configuration = generatedPart('docs/configuration.md', PREFACE, () =>
  markdownTable(['setting', 'read by', 'default', 'value', 'meaning'], SETTINGS.map(row)),
)

function row(definition: SettingDefinition): readonly string[] {
  const readBy = definition.services.length === SERVICES.length ? 'all' : definition.services.join(', ')
  return [
    code(definition.name),
    readBy,
    defaultCell(definition),
    describeExpected(definition),
    definition.meaning,
  ]
}

function defaultCell(definition: SettingDefinition): string {
  return definition.required ? '**required**' : (defaultText(definition) ?? 'unset')
}
