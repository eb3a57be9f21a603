import { sql } from 'kysely'
import { countFailures } from './count-failures.ts'
import type { Executor } from './ledger.ts'

export interface ErrorRateChange {
  readonly isExceeded: boolean
  readonly failuresPerMinute: number
}

/**
 * Compares the failures of the last minute with a threshold. Returns the change when the rate has passed it, or has fallen to
 * half of it, so that a rate around the threshold is not told every minute; else null. Of two that do this at once, one gets
 * the change.
 */
export async function judgeErrorRate(executor: Executor, threshold: number): Promise<ErrorRateChange | null> {
  const failures = await countFailures(executor)
  const { rows } = await sql<ErrorRateChange>`
    update error_rate set is_exceeded = not is_exceeded, failures_per_minute = ${failures}, changed_at = now()
    where (not is_exceeded and ${failures}::int > ${threshold}) or (is_exceeded and ${failures}::int <= ${threshold}::int / 2)
    returning is_exceeded as "isExceeded", failures_per_minute as "failuresPerMinute"`.execute(executor)
  return rows[0] ?? null
}
