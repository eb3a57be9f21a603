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
 * How full each lane's window is, by the ledger's taken and confirmed rows. Counts no further than the window,
 * so a long backlog costs no more than a short one.
 */
export async function readLanePressure(executor: Executor): Promise<readonly LanePressure[]> {
  const { rows } = await sql<LanePressure>`
    select l.name as lane,
      exists (
        select from open_tasks o
        where o.lane = l.name and o.due_at <= now() and o.token is null and o.confirmed_at is null
          and (o.taken_until is null or o.taken_until <= now())
      ) as "isWaiting",
      greatest(0, l.release_window - (
        select count(*) from (
          select from open_tasks o
          where o.lane = l.name and o.due_at <= now() and o.token is null
            and (o.confirmed_at is not null or o.taken_until > now())
          limit l.release_window
        ) as held
      ))::int as room
    from lanes l`.execute(executor)
  return rows
}
