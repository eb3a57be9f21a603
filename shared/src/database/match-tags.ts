import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Words } from '../filter/index.ts'

/** Whether a list of tags has any, or none, of these. The index has only those that are not empty. */
export function matchTags(column: RawBuilder<unknown>, { anyOf, noneOf }: Words): RawBuilder<SqlBool> {
  if (anyOf !== undefined) return sql<SqlBool>`(${column} <> '{}' and ${column} && ${anyOf}::text[])`
  return sql<SqlBool>`not (${column} && ${noneOf ?? []}::text[])`
}
