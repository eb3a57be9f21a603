import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface Repair {
  readonly id: string
  readonly repair: string
  readonly lane: string | null
  readonly count: number
  readonly detail: string
}

/** Keeps a repair for those who ask, adds it to the totals, and ends the time for which everything balanced. */
export async function keepRepair(executor: Executor, repair: Repair): Promise<void> {
  await sql`
    with kept as (
      insert into repairs (id, repair, lane, count, detail)
      values (${repair.id}, ${repair.repair}, ${repair.lane}, ${repair.count}, ${repair.detail})
      on conflict (id) do nothing returning repair, count
    ),
    disturbed as (update reconciliation set balanced_since = null where exists (select from kept))
    insert into repair_totals as t (repair, times, count, last_at) select repair, 1, count, now() from kept
    on conflict (repair) do update set times = t.times + 1, count = t.count + excluded.count, last_at = now()`.execute(
    executor,
  )
}

/** Forgets repairs older than this; their totals stay. */
export async function forgetOldRepairs(
  executor: Executor,
  { olderThanDays, limit }: { readonly olderThanDays: number; readonly limit: number },
): Promise<void> {
  await sql`
    delete from repairs where id = any(array(
      select id from repairs where at < now() - ${olderThanDays} * interval '1 day' order by at limit ${limit}))`.execute(
    executor,
  )
}
