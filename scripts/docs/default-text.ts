import { defaultFor, SERVICES, type SettingDefinition } from '@redrive/shared/runtime'

/** What a setting is when it is not set, in words: one value, one for each service where they differ, or null for none. */
export function defaultText(definition: SettingDefinition): string | null {
  if (definition.defaultFrom !== undefined) return `that of ${definition.defaultFrom}`
  return commonDefault(definition) ?? differingDefaults(definition)
}

/** The default that all services share; null when there is none or they differ. */
export function commonDefault(definition: SettingDefinition): string | null {
  const [first = '', ...others] = new Set(
    SERVICES.map((service) => String(defaultFor(definition, service) ?? '')),
  )
  return first === '' || others.length > 0 ? null : first
}

function differingDefaults(definition: SettingDefinition): string | null {
  const texts = SERVICES.map((service) => `${String(defaultFor(definition, service))} (${service})`)
  return definition.default === undefined ? null : texts.join(', ')
}
