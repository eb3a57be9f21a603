import { type Executor, purgeDeadLetters } from '@redrive/shared/database'
import { type Events, Loop, type Logger } from '@redrive/shared/runtime'

export interface RetentionOptions {
  readonly db: Executor
  readonly events: Events
  readonly logger: Logger
  readonly intervalMs: number
  /** 0 keeps everything. */
  readonly days: number
  readonly isLeading: () => boolean
}

/** A guess: each is a short transaction of a few deletions by key, and the other loops go on between two of them. */
const BATCH = 500

/**
 * Deletes dead letters that are older than they are kept, batch by batch, in the one dispatcher that leads this work.
 * Stopping, or losing the lead, leaves the rest to the next look: each batch is whole by itself.
 */
export function createRetention(options: RetentionOptions): Loop {
  const { db, events, logger, intervalMs, days, isLeading } = options
  return new Loop({
    name: 'retention',
    intervalMs,
    logger,
    step: async (signal) => {
      let isFollowed = days > 0
      while (isFollowed && isLeading() && !signal.aborted) {
        const purged = await purgeDeadLetters(db, { olderThanDays: days, limit: BATCH })
        const { deadLetters: count, tasks } = purged
        if (count > 0) events.emit('dead_letters.purged', { count, tasks })
        isFollowed = purged.isFollowed
      }
      return 'idle'
    },
  })
}
