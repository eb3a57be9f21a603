import { sql } from 'kysely'
import type { BrokerLook } from './broker-look.ts'
import type { LedgerSweep } from './ledger-sweep.ts'
import type { Executor } from './ledger.ts'

export interface Reconciliation {
  readonly lookedAt: Date | null
  readonly lookedBy: string | null
  readonly balancedSince: Date | null
  readonly look: BrokerLook | null
  readonly sweep: LedgerSweep | null
}

export interface KeptRepair {
  readonly at: Date
  readonly repair: string
  readonly lane: string | null
  readonly count: number
  readonly detail: string
}

export interface RepairTotal {
  readonly repair: string
  readonly times: number
  readonly count: number
  readonly lastAt: Date
}

/** What reconcile saw last. All of it is null before the first look. */
export async function readReconciliation(executor: Executor): Promise<Reconciliation> {
  const { rows } = await sql<Reconciliation>`
    select looked_at as "lookedAt", looked_by as "lookedBy", balanced_since as "balancedSince", look, sweep
    from reconciliation`.execute(executor)
  return rows[0] ?? { lookedAt: null, lookedBy: null, balancedSince: null, look: null, sweep: null }
}

/** The last repairs, newest first, and what all of them came to. */
export async function listRepairs(
  executor: Executor,
  limit: number,
): Promise<{ readonly recent: readonly KeptRepair[]; readonly totals: readonly RepairTotal[] }> {
  const recent = await sql<KeptRepair>`
    select at, repair, lane, count, detail from repairs order by at desc, id desc limit ${limit}`.execute(
    executor,
  )
  const totals = await sql<RepairTotal>`
    select repair, times::float8 as times, count::float8 as count, last_at as "lastAt"
    from repair_totals order by repair`.execute(executor)
  return { recent: recent.rows, totals: totals.rows }
}
