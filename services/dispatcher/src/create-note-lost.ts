import type { NoteLost } from '@redrive/shared/broker'
import { doubtLanes, type Executor } from '@redrive/shared/database'
import type { Events } from '@redrive/shared/runtime'

/** For whoever declares what was missing: the doubt is in the ledger first. */
export function createNoteLost(db: Executor, events: Events): NoteLost {
  return async (lanes) => {
    await doubtLanes(db, lanes)
    events.emit('queues.missing', { lanes: lanes.join(', ') })
  }
}
