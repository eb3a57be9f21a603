import type { SettingDefinition } from './setting-definition.ts'
import { withoutPassword } from './without-password.ts'

export type SettingValue = number | string | boolean | readonly string[]

export type ParsedSetting = { readonly value: SettingValue } | { readonly problem: string }

/** Reads one text by its definition. Never throws; the problem says what was expected and, unless secret, what was got. */
export function parseSetting(definition: SettingDefinition, text: string): ParsedSetting {
  const value = readValue(definition, text.trim())
  if (value !== undefined) return { value }
  return {
    problem: `${definition.name}: expected ${describeExpected(definition)}, got ${describeGot(definition, text)}.`,
  }
}

/** What a value of this setting looks like, in words: used in messages and in the documentation. */
export function describeExpected(definition: SettingDefinition): string {
  const { kind } = definition
  if (kind === 'integer') return `an integer${describeRange(definition)}`
  if (kind === 'flag') return 'true or false'
  if (kind === 'list') return `${describePart(definition)}, or several with commas`
  if (kind === 'secret' && definition.minimumLength !== undefined) {
    return `a text of at least ${definition.minimumLength} characters`
  }
  return describePart(definition)
}

function describePart({ choices, schemes }: SettingDefinition): string {
  if (choices !== undefined) return `one of ${choices.join(', ')}`
  if (schemes !== undefined)
    return `an address that begins with ${schemes.map((s) => `${s}://`).join(' or ')}`
  return 'a text'
}

function describeRange({ minimum, maximum, unit }: SettingDefinition): string {
  const inUnit = unit === undefined ? '' : ` (${unit})`
  if (minimum === undefined) return inUnit
  return maximum === undefined
    ? ` of at least ${minimum}${inUnit}`
    : ` from ${minimum} to ${maximum}${inUnit}`
}

function describeGot(definition: SettingDefinition, text: string): string {
  if (definition.kind === 'secret') return `one of ${text.trim().length}`
  if (definition.schemes === undefined) return `"${text}"`
  return `"${text.split(',').map(withoutPassword).join(',')}"`
}

function readValue(definition: SettingDefinition, text: string): SettingValue | undefined {
  switch (definition.kind) {
    case 'integer':
      return readInteger(definition, text)
    case 'flag':
      return text === 'true' || text === 'false' ? text === 'true' : undefined
    case 'list':
      return readList(definition, text)
    case 'secret':
      return text.length >= (definition.minimumLength ?? 1) ? text : undefined
    case 'text':
    case 'url':
      return isAllowed(definition, text) ? text : undefined
  }
}

function readInteger({ minimum, maximum }: SettingDefinition, text: string): number | undefined {
  if (!/^-?\d{1,15}$/.test(text)) return undefined
  const value = Number(text)
  return value >= (minimum ?? -Infinity) && value <= (maximum ?? Infinity) ? value : undefined
}

function readList(definition: SettingDefinition, text: string): readonly string[] | undefined {
  const parts = [...new Set(text.split(',').map((part) => part.trim()))].filter((part) => part !== '')
  return parts.length > 0 && parts.every((part) => isAllowed(definition, part))
    ? Object.freeze(parts)
    : undefined
}

function isAllowed({ choices, schemes }: SettingDefinition, text: string): boolean {
  if (choices !== undefined) return choices.includes(text)
  if (schemes === undefined) return true
  return URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1))
}
