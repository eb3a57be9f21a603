import { type RawBuilder, sql, type SqlBool } from 'kysely'

/** Whether a column is one of these tenants. n.b. A list of one, read as a list, would cost an index its order. */
export function matchTenants(column: RawBuilder<unknown>, tenantIds: readonly string[]): RawBuilder<SqlBool> {
  if (tenantIds.length === 1) return sql<SqlBool>`${column} = ${tenantIds[0]}::uuid`
  return sql<SqlBool>`${column} = any(${tenantIds}::uuid[])`
}
