import { type RawBuilder, sql } from 'kysely'

/**
 * The paths that a type wants masked, as it was registered last, whether or not a worker still has it. Read with the row
 * that they are for: what the api kept in memory may be older than the registration.
 */
export function sensitiveOf(type: RawBuilder<unknown>): RawBuilder<string[]> {
  return sql<string[]>`coalesce((select y.sensitive from task_types y where y.name = ${type}), '{}')`
}
