import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface LaneHolding {
  /** How many tickets of the lane may be with the broker. */
  readonly window: number
  /** How many are: taken for publishing or confirmed, and not running. */
  readonly held: number
}

/**
 * One lane's window and what it holds, for the dispatcher that releases it. Since release goes by due time, what is held
 * or running is the oldest of what is due; so only the oldest rows are read, twice the window and a thousand, and a
 * backlog of a million costs no more than a short one. Rows beyond that are missed, which releases a little early.
 */
export async function readLaneHolding(executor: Executor, lane: string): Promise<LaneHolding> {
  const { rows } = await sql<LaneHolding>`
    select l.release_window as window, (
      select count(*) filter (
        where oldest.token is null and (oldest.confirmed_at is not null or oldest.taken_until > now())
      )
      from (
        select token, confirmed_at, taken_until from open_tasks
        where lane = l.name and due_at <= now()
        order by due_at, task_id limit 2 * l.release_window + 1000
      ) as oldest
    )::int as held
    from lanes l where l.name = ${lane}`.execute(executor)
  return rows[0] ?? { window: 1, held: 0 }
}
