import { sql } from 'kysely'
import { HELD_OF_LANE } from './held-of-lane.ts'
import type { Executor } from './ledger.ts'

export interface LaneHolding {
  /** How many tickets of the lane may be with the broker. */
  readonly window: number
  /** How many are: taken for publishing or confirmed, and not running. */
  readonly held: number
}

/** One lane's window and what it holds, for the dispatcher that releases it. Reads no further than a window needs. */
export async function readLaneHolding(executor: Executor, lane: string): Promise<LaneHolding> {
  const { rows } = await sql<LaneHolding>`
    select l.release_window as window, ${HELD_OF_LANE}::int as held
    from lanes l where l.name = ${lane}`.execute(executor)
  return rows[0] ?? { window: 1, held: 0 }
}
