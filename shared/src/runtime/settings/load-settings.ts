import { findUnknownNames } from './find-unknown-names.ts'
import { describeExpected, parseSetting, type ParsedSetting, type SettingValue } from './parse-setting.ts'
import type { Environment } from './read-environment.ts'
import { defaultFor, type Service, type SettingDefinition } from './setting-definition.ts'
import { SettingsError } from './settings-error.ts'
import type { SettingsOf } from './settings-of.ts'
import { SETTINGS } from './settings-table.ts'

/** Returns a sentence for each pair of values that cannot go together. */
export type CrossCheck<S extends Service> = (settings: SettingsOf<S>) => readonly string[]

/**
 * The settings of a service from an environment: a pure function, frozen result, nothing opened.
 * Throws one SettingsError with all problems. Values are compared with one another only when each is good by itself.
 */
export function loadSettings<S extends Service>(
  service: S,
  environment: Environment,
  crossCheck: CrossCheck<S>,
): SettingsOf<S> {
  const definitions: readonly SettingDefinition[] = SETTINGS
  const values = new Map<string, SettingValue | undefined>()
  const names = definitions.map((definition) => definition.name)
  const problems = findUnknownNames(environment, names)
  for (const definition of definitions.filter((one) => one.services.includes(service))) {
    const read = readSetting(definition, service, environment)
    if (read !== undefined && 'problem' in read) problems.push(read.problem)
    else values.set(definition.name, read?.value ?? followDefault(definition, values))
  }
  if (problems.length > 0) throw new SettingsError(service, problems)
  const settings = toFields<S>(values)
  const clashes = crossCheck(settings)
  if (clashes.length > 0) throw new SettingsError(service, clashes)
  return settings
}

function readSetting(
  definition: SettingDefinition,
  service: Service,
  environment: Environment,
): ParsedSetting | undefined {
  const text = environment[definition.name]?.trim() ?? ''
  if (text !== '') return parseSetting(definition, text)
  if (definition.required) {
    return { problem: `${definition.name}: expected ${describeExpected(definition)}, but it is not set.` }
  }
  const value = defaultFor(definition, service)
  return value === undefined ? undefined : { value }
}

/** n.b. The table is alphabetical, and a setting may only follow one that stands above it; a test holds it to that. */
function followDefault(
  { defaultFrom }: SettingDefinition,
  values: ReadonlyMap<string, SettingValue | undefined>,
): SettingValue | undefined {
  return defaultFrom === undefined ? undefined : values.get(defaultFrom)
}

/** The cast is the one place where the table's types and its values meet: both are made from the same definitions. */
function toFields<S extends Service>(values: ReadonlyMap<string, SettingValue | undefined>): SettingsOf<S> {
  const fields = [...values].map(([name, value]) => [camelCase(name), value] as const)
  return Object.freeze(Object.fromEntries(fields)) as SettingsOf<S>
}

function camelCase(name: string): string {
  return name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
