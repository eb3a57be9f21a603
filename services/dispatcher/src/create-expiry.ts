import { expireTasks, type Executor, type ExpiredTask } from '@redrive/shared/database'
import { Loop, reachCrashPoint, type Events, type Logger } from '@redrive/shared/runtime'

export interface ExpiryOptions {
  readonly db: Executor
  readonly events: Events
  readonly logger: Logger
  readonly isLeading: () => boolean
}

/** How long a task may show a state that its deadline has ended: nothing runs it meanwhile, as a claim looks itself. */
const INTERVAL_MS = 1_000
/** A guess: one statement of this size takes some tens of milliseconds. */
const BATCH = 500

/**
 * The loop that ends tasks whose deadline has passed before an attempt began, one batch after the other.
 *
 * Crash window: a batch has ended and its events were not told; its tickets, with the broker or on their way, are void
 * by the ledger, and whoever leads next ends the rest.
 */
export function createExpiry({ db, events, logger, isLeading }: ExpiryOptions): Loop {
  return new Loop({
    name: 'expire',
    intervalMs: INTERVAL_MS,
    logger,
    step: async () => {
      if (!isLeading()) return 'idle'
      const expired = await expireTasks(db, { limit: BATCH })
      if (expired.length > 0) reachCrashPoint('expire.committed')
      report(expired, events)
      return expired.length === BATCH ? 'again' : 'idle'
    },
  })
}

function report(expired: readonly ExpiredTask[], events: Events): void {
  const alike = Map.groupBy(expired, ({ type, lane }) => `${lane} ${type}`)
  for (const [first, ...others] of alike.values()) {
    if (first === undefined) continue
    const { taskId, type, lane } = first
    events.emit('task.expired', {
      type,
      lane,
      count: 1 + others.length,
      ...(others.length === 0 && { taskId }),
    })
  }
}
