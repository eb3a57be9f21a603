import { sql } from 'kysely'
import { IS_NO_ALERT } from './is-no-alert.ts'
import type { Executor } from './ledger.ts'

/** Tasks that died in the last minute, of all tenants; alerts are not counted. */
export async function countFailures(executor: Executor): Promise<number> {
  // n.b. By tenant, because so is the index by time.
  const { rows } = await sql<{ failures: number }>`
    select count(*)::int as failures from dead_letters d
    where d.tenant_id = any(array(select id from tenants)) and d.died_at > now() - interval '1 minute' and ${IS_NO_ALERT}`.execute(
    executor,
  )
  return rows[0]?.failures ?? 0
}
