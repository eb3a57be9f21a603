import type { NoteLost } from '@redrive/shared/broker'
import { doubtQueues, type Executor } from '@redrive/shared/database'
import type { Events } from '@redrive/shared/runtime'

/** For whoever declares what was missing: the doubt is in the ledger first. */
export function createNoteLost(db: Executor, events: Events): NoteLost {
  return async (lost) => {
    await doubtQueues(db, lost)
    const { lanes, isErrorQueueLost } = lost
    events.emit('queues.missing', { queues: [...lanes, ...(isErrorQueueLost ? ['error'] : [])].join(', ') })
  }
}
