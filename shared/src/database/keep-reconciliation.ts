import { sql } from 'kysely'
import type { BrokerLook } from './broker-look.ts'
import type { LedgerSweep } from './ledger-sweep.ts'
import type { Executor } from './ledger.ts'

export interface KeptLook {
  readonly look: BrokerLook
  readonly lookedBy: string
  /** Nothing of what the broker was found to hold differs from the ledger. */
  readonly isBalanced: boolean
}

/** Keeps what was seen last; `balanced_since` holds on while nothing differs, in the ledger's own last sweep either. */
export async function keepLook(executor: Executor, { look, lookedBy, isBalanced }: KeptLook): Promise<void> {
  await sql`
    update reconciliation set look = ${JSON.stringify(look)}::jsonb, looked_at = now(), looked_by = ${lookedBy},
      balanced_since = case
        when ${isBalanced} and coalesce(jsonb_array_length(sweep -> 'differences'), 0) = 0 then coalesce(balanced_since, now())
      end`.execute(executor)
}

export async function keepSweep(executor: Executor, sweep: LedgerSweep): Promise<void> {
  await sql`
    update reconciliation set sweep = ${JSON.stringify(sweep)}::jsonb,
      balanced_since = case when ${sweep.differences.length} = 0 then balanced_since end`.execute(executor)
}
