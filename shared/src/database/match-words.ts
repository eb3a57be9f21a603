import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Words } from '../filter/index.ts'

/** Whether a column is any, or none, of these words. What has no word is none of them. */
export function matchWords(column: RawBuilder<unknown>, { anyOf, noneOf }: Words): RawBuilder<SqlBool> {
  if (anyOf?.length === 1) return sql<SqlBool>`${column} = ${anyOf[0]}`
  if (anyOf !== undefined) return sql<SqlBool>`${column} = any(${anyOf}::text[])`
  return sql<SqlBool>`(${column} is null or ${column} <> all(${noneOf ?? []}::text[]))`
}
