import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface LaneCounts {
  readonly lane: string
  readonly scheduled: number
  readonly retrying: number
  readonly waiting: number
  readonly queued: number
  readonly running: number
}

/** Open tasks by lane and state, of one tenant or of all. Reads every open row: for operators and metrics, not for the hot path. */
export async function countLaneTasks(
  executor: Executor,
  tenantId: string | null,
): Promise<readonly LaneCounts[]> {
  const { rows } = await sql<LaneCounts>`
    select lane,
      count(*) filter (where token is null and confirmed_at is null and due_at > now() and attempt = 0)::int as scheduled,
      count(*) filter (where token is null and confirmed_at is null and due_at > now() and attempt > 0)::int as retrying,
      count(*) filter (where token is null and confirmed_at is null and due_at <= now())::int as waiting,
      count(*) filter (where token is null and confirmed_at is not null)::int as queued,
      count(*) filter (where token is not null)::int as running
    from open_tasks
    where ${tenantId}::uuid is null or tenant_id = ${tenantId}::uuid
    group by lane`.execute(executor)
  return rows
}
