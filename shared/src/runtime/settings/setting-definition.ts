/** The processes that read settings. */
export const SERVICES = ['api', 'dispatcher', 'worker'] as const
export type Service = (typeof SERVICES)[number]

export type SettingKind = 'integer' | 'text' | 'url' | 'list' | 'flag' | 'secret'

type Default = number | string | boolean | readonly string[]

/**
 * One setting, as data: the loader, the documentation and `.env.example` are made from it.
 * A setting with `required` has no default; one with neither may be left out and is then undefined.
 */
export interface SettingDefinition {
  readonly name: string
  readonly kind: SettingKind
  readonly services: readonly Service[]
  readonly meaning: string
  /** One value for all, or one for each service. */
  readonly default?: Default | Readonly<Record<Service, Default>>
  /** Takes the value of another setting of the same service when it is not set itself. */
  readonly defaultFrom?: string
  readonly required?: true
  readonly minimum?: number
  readonly maximum?: number
  readonly minimumLength?: number
  readonly unit?: string
  /** The only texts allowed, for a text or each part of a list. */
  readonly choices?: readonly string[]
  /** Makes a url, or each part of a list, an address with one of these schemes. */
  readonly schemes?: readonly string[]
}

/** The default that a service sees, or undefined when there is none. */
export function defaultFor(definition: SettingDefinition, service: Service): Default | undefined {
  const given = definition.default
  return isPerService(given) ? given[service] : given
}

function isPerService(given: SettingDefinition['default']): given is Readonly<Record<Service, Default>> {
  return typeof given === 'object' && !Array.isArray(given)
}
