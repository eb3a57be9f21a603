import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface GroupHistoryEntry {
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly reason: string | null
  readonly details: Record<string, unknown>
  /** Names, of those whose group it was about. */
  readonly tenants: string[]
}

const MAX_ENTRIES = 200

/** What was done to a fault's groups, newest first; an act on the groups of several tenants is one entry. */
export async function listGroupHistory(
  executor: Executor,
  { tenantIds, fingerprint }: { readonly tenantIds: readonly string[]; readonly fingerprint: string },
): Promise<readonly GroupHistoryEntry[]> {
  const { rows } = await sql<GroupHistoryEntry>`
    select a.at, a.actor, a.action, a.reason, a.details - 'fingerprint' as details, array_agg(t.name order by t.name) as tenants
    from audit_entries a join tenants t on t.id = a.tenant_id
    where a.details ->> 'fingerprint' = ${fingerprint} and a.action like 'group.%' and a.tenant_id = any(${tenantIds}::uuid[])
    group by a.at, a.actor, a.action, a.reason, a.details
    order by a.at desc, a.action
    limit ${MAX_ENTRIES}`.execute(executor)
  return rows
}
