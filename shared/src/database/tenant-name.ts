import { type RawBuilder, sql } from 'kysely'

/** The name of a row's tenant. Looked up for each row that is shown, which is a page at most. */
export function tenantName(alias: 't' | 'd'): RawBuilder<string> {
  return sql<string>`(select name from tenants where id = ${sql.ref(`${alias}.tenant_id`)})`
}
