import type { ColumnType, Generated } from 'kysely'
import type { BrokerLook } from './broker-look.ts'
import type { LedgerSweep } from './ledger-sweep.ts'

type Instant = ColumnType<Date, Date | string, Date | string>
type OptionalInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
type Json<T> = ColumnType<T, string | null | undefined, string | null>

export interface ReconciliationTable {
  is_only_row: Generated<boolean>
  broker_mark: string | null
  carried_doubted_at: OptionalInstant
  looked_at: OptionalInstant
  looked_by: string | null
  balanced_since: OptionalInstant
  look: Json<BrokerLook | null>
  sweep: Json<LedgerSweep | null>
}

export interface RepairsTable {
  id: string
  at: Generated<Date>
  repair: string
  lane: string | null
  count: number
  detail: string
}

export interface RepairTotalsTable {
  repair: string
  times: ColumnType<string, number, number>
  count: ColumnType<string, number, number>
  last_at: Instant
}
