import { sql } from 'kysely'
import type { Executor } from './ledger.ts'
import type { RedriveGroup, RedriveSummary } from './redrive-summary.ts'

/** Enough to see what a plan is about; the rest are counted in its members. */
const MAX_LISTED = 100
const SAMPLES = 5

export interface SummarizedMembers {
  readonly id: string
  readonly count: number
  readonly foreignExcluded: number
}

/** What the members of a plan are, counted. Reads only. */
export async function summarizeRedrive(
  executor: Executor,
  { id, count, foreignExcluded }: SummarizedMembers,
): Promise<RedriveSummary> {
  const { groups, groupCount } = await countGroups(executor, id)
  return {
    groups,
    groupCount,
    types: await countTypes(executor, id),
    tenants: await countTenants(executor, id),
    sampleIds: await chooseSamples(executor, id, count),
    foreignExcluded,
  }
}

async function countGroups(executor: Executor, id: string) {
  const { rows } = await sql<RedriveGroup & { groupCount: number }>`
    with counted as (
      select fingerprint, count(*)::int as count, min(tenant_id::text)::uuid as tenant_id
      from redrive_members where redrive_id = ${id} group by fingerprint
    )
    select c.fingerprint, g.title, c.count, (select count(*)::int from counted) as "groupCount"
    from counted c left join dead_letter_groups g on g.tenant_id = c.tenant_id and g.fingerprint = c.fingerprint
    order by c.count desc, c.fingerprint limit ${MAX_LISTED}`.execute(executor)
  const groups = rows.map(({ fingerprint, title, count }) => ({ fingerprint, title, count }))
  return { groups, groupCount: rows[0]?.groupCount ?? 0 }
}

async function countTypes(executor: Executor, id: string): Promise<RedriveSummary['types']> {
  const { rows } = await sql<RedriveSummary['types'][number]>`
    select type, count(*)::int as count from redrive_members where redrive_id = ${id}
    group by type order by count desc, type limit ${MAX_LISTED}`.execute(executor)
  return rows
}

async function countTenants(executor: Executor, id: string): Promise<RedriveSummary['tenants']> {
  const { rows } = await sql<RedriveSummary['tenants'][number]>`
    with counted as (
      select tenant_id, count(*)::int as count from redrive_members where redrive_id = ${id} group by tenant_id
    )
    select c.tenant_id as "tenantId", t.name, c.count from counted c left join tenants t on t.id = c.tenant_id
    order by c.count desc, c.tenant_id limit ${MAX_LISTED}`.execute(executor)
  return rows
}

/** The first, the last, and some in even steps between them. */
async function chooseSamples(executor: Executor, id: string, count: number): Promise<string[]> {
  const steps = Array.from({ length: SAMPLES }, (_, index) => index / (SAMPLES - 1))
  const positions = [...new Set(steps.map((step) => 1 + Math.floor(step * (count - 1))))]
  const found = await executor
    .selectFrom('redrive_members')
    .select('dead_letter_id')
    .where('redrive_id', '=', id)
    .where('position', 'in', positions)
    .orderBy('position')
    .execute()
  return found.map((member) => member.dead_letter_id)
}
