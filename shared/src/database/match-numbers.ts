import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Numbers } from '../filter/index.ts'

/** Whether an integer column is any or none of these numbers, and within these bounds. */
export function matchNumbers(column: RawBuilder<unknown>, numbers: Numbers): RawBuilder<SqlBool> {
  const { anyOf, noneOf, atLeast, above, atMost, below } = numbers
  const conditions: RawBuilder<SqlBool>[] = []
  // n.b. Compared as the column's type where that is possible, so that its index serves.
  if (anyOf !== undefined) conditions.push(sql`${column} = any(${integersOf(anyOf)}::int[])`)
  if (noneOf !== undefined) conditions.push(sql`${column} <> all(${integersOf(noneOf)}::int[])`)
  if (atLeast !== undefined) conditions.push(sql`${column} >= ${bound(Math.ceil(atLeast))}::int`)
  if (above !== undefined) conditions.push(sql`${column} > ${bound(Math.floor(above))}::int`)
  if (atMost !== undefined) conditions.push(sql`${column} <= ${bound(Math.floor(atMost))}::int`)
  if (below !== undefined) conditions.push(sql`${column} < ${bound(Math.ceil(below))}::int`)
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`
}

const MAX_INTEGER = 2_147_483_647

/** A bound beyond all counts is as good at their end. */
function bound(number: number): number {
  return Math.min(Math.max(number, -MAX_INTEGER), MAX_INTEGER)
}

/** No count is a fraction, or larger. */
function integersOf(numbers: readonly number[]): number[] {
  return numbers.filter((number) => Number.isInteger(number) && Math.abs(number) <= MAX_INTEGER)
}
