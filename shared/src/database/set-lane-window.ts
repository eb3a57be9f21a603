import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/** How many tickets of the lane may be with the broker from now on. */
export async function setLaneWindow(
  executor: Executor,
  { lane, window }: { readonly lane: string; readonly window: number },
): Promise<void> {
  await sql`
    insert into lanes (name, release_window) values (${lane}, ${window})
    on conflict (name) do update set release_window = excluded.release_window, updated_at = now()`.execute(
    executor,
  )
}

/** The slots of all living workers, by lane. */
export async function readLaneSlots(executor: Executor): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ lane: string; slots: number }>`
    select lane, sum(concurrency)::int as slots from workers, unnest(lanes) as lane
    where state = 'running' and lease_until > now() group by lane`.execute(executor)
  return new Map(rows.map((row) => [row.lane, row.slots]))
}
