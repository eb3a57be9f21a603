import { describeExpected, SERVICES, type SettingDefinition, SETTINGS } from '@redrive/shared/runtime'
import { commonDefault, defaultText } from './default-text.ts'
import type { GeneratedDocument } from './generated-document.ts'

const HEAD = `# Every setting of Redrive, made from the code by npm run docs; docs/configuration.md has the same as a table.
# Copy this file to .env and take the # away from what you set. The process's environment wins over the file.
# npm start finds the required ones by itself where they are not set.
`

export const envExample: GeneratedDocument = {
  path: '.env.example',
  render: () => [HEAD, ...SETTINGS.map(entry)].join('\n'),
}

function entry(definition: SettingDefinition): string {
  const { name, required, meaning, services } = definition
  const readBy = services.length === SERVICES.length ? 'all services' : services.join(', ')
  const expected = `# ${readBy}: ${describeExpected(definition)}${describeOddDefault(definition)}`
  return `# ${required ? 'REQUIRED. ' : ''}${meaning}\n${expected}\n#${name}=${commonDefault(definition) ?? ''}\n`
}

/** A default that cannot stand behind the name, because it differs by service or follows another setting. */
function describeOddDefault(definition: SettingDefinition): string {
  const text = defaultText(definition)
  return text === null || text === commonDefault(definition) ? '' : `; default ${text}`
}
