import { sql } from 'kysely'
import { GROUP_STATES, type GroupState } from '../task/index.ts'
import type { Executor } from './ledger.ts'

/** How many faults are in each state, of all tenants; one that several tenants met counts as what needs an operator most. */
export async function countGroups(executor: Executor): Promise<Readonly<Record<GroupState, number>>> {
  const { rows } = await sql<{ state: GroupState; count: number }>`
    select (${GROUP_STATES}::text[])[rank] as state, count(*)::int as count
    from (
      select min(array_position(${GROUP_STATES}::text[], state)) as rank from dead_letter_groups group by fingerprint
    ) as faults group by rank`.execute(executor)
  const found = new Map(rows.map(({ state, count }) => [state, count]))
  const countOf = (state: GroupState): number => found.get(state) ?? 0
  return {
    regressed: countOf('regressed'),
    open: countOf('open'),
    ignored: countOf('ignored'),
    resolved: countOf('resolved'),
  }
}
