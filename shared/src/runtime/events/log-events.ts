import type { Logger } from '../create-logger.ts'
import type { EventSubscriber } from './create-events.ts'
import { EVENTS } from './event-table.ts'

/** Writes one log line per event: `event` is its name, the message its meaning, the rest its fields. */
export function logEvents(logger: Logger): EventSubscriber {
  return ({ name, fields }) => {
    const { level, meaning } = EVENTS[name]
    // Asked first, because building the line costs more than the rest of a debug event that nobody reads.
    if (!logger.isLevelEnabled(level)) return
    logger[level]({ event: name, ...fields }, meaning)
  }
}
