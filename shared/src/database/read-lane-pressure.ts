import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface LanePressure {
  readonly lane: string
  /** True when something that is due waits for release, so that a direct publish would overtake it. */
  readonly isWaiting: boolean
  /** Tickets that may still be published before the window is full; at least 0. */
  readonly room: number
}

/**
 * How full each lane's window is, by the ledger's taken and confirmed rows. Those are the oldest that are due, so only
 * twice the window and a thousand rows are read, and a long backlog costs no more than a short one.
 */
export async function readLanePressure(executor: Executor): Promise<readonly LanePressure[]> {
  const { rows } = await sql<LanePressure>`
    select l.name as lane,
      -- By the index, in order: an empty lane beside a full one would otherwise be looked for in every row.
      coalesce((
        select true from open_tasks o
        where o.lane = l.name and o.due_at <= now() and o.token is null and o.confirmed_at is null
          and (o.taken_until is null or o.taken_until <= now())
        order by o.due_at limit 1
      ), false) as "isWaiting",
      greatest(0, l.release_window - (
        select count(*) filter (
          where oldest.token is null and (oldest.confirmed_at is not null or oldest.taken_until > now())
        )
        from (
          select token, confirmed_at, taken_until from open_tasks
          where lane = l.name and due_at <= now()
          order by due_at, task_id limit 2 * l.release_window + 1000
        ) as oldest
      ))::int as room
    from lanes l`.execute(executor)
  return rows
}
