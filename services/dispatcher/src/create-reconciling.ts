import { hostname } from 'node:os'
import { Loop } from '@redrive/shared/runtime'
import { openOverdue } from './open-overdue.ts'
import { Reconciliation, type ReconciliationOptions } from './reconcile.ts'
import { createRepairLog } from './repair-log.ts'
import { LedgerSweeper } from './sweep-ledger.ts'

export interface ReconcilingOptions extends Omit<ReconciliationOptions, 'noteRepair' | 'name' | 'isLeading'> {
  readonly carriedAfterMs: number
  readonly isLeading: (work: 'overdue' | 'reconcile' | 'sweep') => boolean
}

/** Everything that compares what should be with what is, each led by one dispatcher of all. */
export interface Reconciling {
  /** The ledger with the broker. */
  readonly broker: Reconciliation
  /** Dead letters with the error queue. */
  readonly overdue: Loop
  /** The ledger with itself. */
  readonly sweep: LedgerSweeper
}

/** However short the interval, walking through the whole ledger more often than this tells nobody more. */
const SWEEP_EVERY_AT_LEAST_MS = 1_000

export function createReconciling(options: ReconcilingOptions): Reconciling {
  const { db, events, logger, intervalMs, carriedAfterMs, isLeading } = options
  const noteRepair = createRepairLog({ db, events, logger })
  return {
    broker: new Reconciliation({
      ...options,
      noteRepair,
      name: `${hostname()}:${process.pid}`,
      isLeading: () => isLeading('reconcile'),
    }),
    overdue: new Loop({
      name: 'overdue',
      intervalMs,
      logger,
      step: async () => {
        if (isLeading('overdue')) await openOverdue(db, { carriedAfterMs, noteRepair })
        return 'idle'
      },
    }),
    sweep: new LedgerSweeper({
      db,
      events,
      logger,
      intervalMs: Math.max(SWEEP_EVERY_AT_LEAST_MS, intervalMs),
      isLeading: () => isLeading('sweep'),
    }),
  }
}
