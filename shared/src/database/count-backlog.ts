import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface TenantBacklog {
  readonly tenantId: string
  readonly open: number
}

/** Open tasks by tenant, scheduled ones too. Reads every open row, so whoever asks often must heed how long it takes. */
export async function countBacklog(executor: Executor): Promise<readonly TenantBacklog[]> {
  const { rows } = await sql<TenantBacklog>`
    select tenant_id as "tenantId", count(*)::float8 as open from open_tasks group by tenant_id`.execute(
    executor,
  )
  return rows
}
