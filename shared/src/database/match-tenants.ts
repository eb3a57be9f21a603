import { type RawBuilder, sql, type SqlBool } from 'kysely'

/** Whether a column is one of these tenants. n.b. A list of one, read as a list, would cost an index its order. */
export function matchTenants(column: RawBuilder<unknown>, tenantIds: readonly string[]): RawBuilder<SqlBool> {
  if (tenantIds.length === 1) return sql<SqlBool>`${column} = ${tenantIds[0]}::uuid`
  return sql<SqlBool>`${column} = any(${tenantIds}::uuid[])`
}

/** With more, most rows are theirs: asking an index for them first would collect the whole table. A guess. */
const FEW_TENANTS = 10

/** The same, but of many tenants not by an index of them: where another index finds what is wanted. */
export function filterTenants(
  column: RawBuilder<unknown>,
  tenantIds: readonly string[],
): RawBuilder<SqlBool> {
  const isOfTenants = matchTenants(column, tenantIds)
  return tenantIds.length <= FEW_TENANTS ? isOfTenants : sql<SqlBool>`coalesce(${isOfTenants}, false)`
}
