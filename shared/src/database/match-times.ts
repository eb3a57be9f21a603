import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Times } from '../filter/index.ts'

/** Whether a column is a time from the first of these on and before the second. */
export function matchTimes(column: RawBuilder<unknown>, { from, before }: Times): RawBuilder<SqlBool> {
  const isFrom = from === undefined ? sql<SqlBool>`true` : sql<SqlBool>`${column} >= ${from}::timestamptz`
  if (before === undefined) return isFrom
  return sql<SqlBool>`(${isFrom} and ${column} < ${before}::timestamptz)`
}
