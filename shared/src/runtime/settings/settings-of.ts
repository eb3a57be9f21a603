import type { Service } from './setting-definition.ts'
import type { SETTINGS } from './settings-table.ts'

type Definition = (typeof SETTINGS)[number]

type PascalCase<Name extends string> = Name extends `${infer Head}_${infer Rest}`
  ? `${Capitalize<Lowercase<Head>>}${PascalCase<Rest>}`
  : Capitalize<Lowercase<Name>>

type CamelCase<Name extends string> = Uncapitalize<PascalCase<Name>>

type Text<D> = D extends { choices: readonly (infer Choice)[] } ? Choice : string

type Value<D extends Definition> = D['kind'] extends 'integer'
  ? number
  : D['kind'] extends 'list'
    ? readonly Text<D>[]
    : Text<D>

type Present<D extends Definition> = D extends
  | { required: true }
  | { default: unknown }
  | { defaultFrom: string }
  ? Value<D>
  : Value<D> | undefined

/** The settings that one service gets: `DATABASE_POOL_SIZE` is `databasePoolSize`, with the type its definition implies. */
export type SettingsOf<S extends Service> = {
  readonly [D in Definition as S extends D['services'][number] ? CamelCase<D['name']> : never]: Present<D>
}
