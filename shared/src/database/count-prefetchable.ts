import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/**
 * How many tickets of a lane the registered workers may hold unsettled, together; null when one of them does not say,
 * because it is of an older version.
 */
export async function countPrefetchable(executor: Executor, lane: string): Promise<number | null> {
  const { rows } = await sql<{ total: number; unknown: number }>`
    select coalesce(sum(prefetch), 0)::int as total, count(*) filter (where prefetch is null)::int as unknown
    from workers where state in ('running', 'draining') and ${lane} = any(lanes)`.execute(executor)
  const found = rows[0]
  return found === undefined || found.unknown > 0 ? null : found.total
}
