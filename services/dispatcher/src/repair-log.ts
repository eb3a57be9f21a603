import { keepRepair, type Executor } from '@redrive/shared/database'
import { newId, type Events, type Logger } from '@redrive/shared/runtime'
import type { Lane } from '@redrive/shared/task'

export type RepairKind =
  | 'bindings_made_again'
  | 'broker_emptied'
  | 'dead_letters_opened'
  | 'exchange_declared'
  | 'queue_declared'
  | 'tickets_published_again'

export interface DoneRepair {
  readonly repair: RepairKind
  readonly count: number
  readonly lane?: Lane
  readonly detail: string
}

export interface RepairLogParts {
  readonly db: Executor
  readonly events: Events
  readonly logger: Logger
}

export type NoteRepair = (repair: DoneRepair) => Promise<void>

/**
 * Tells of repairs that were made, and keeps them in the ledger for the api. Never rejects: a repair that cannot be kept
 * has been made all the same, and its event says so.
 */
export function createRepairLog({ db, events, logger }: RepairLogParts): NoteRepair {
  return async ({ repair, count, lane, detail }) => {
    events.emit('reconcile.repaired', { repair, lane, count, detail })
    try {
      await keepRepair(db, { id: newId(), repair, lane: lane ?? null, count, detail })
    } catch (error) {
      logger.warn({ repair, count, error }, 'A repair could not be kept in the ledger.')
    }
  }
}
