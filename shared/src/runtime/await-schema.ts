import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from './create-logger.ts'
import type { Events } from './events/create-events.ts'

interface SchemaWait {
  /** Rejects while the ledger does not answer, and with the code LEDGER_OUTDATED while it is too old. */
  readonly check: () => Promise<void>
  readonly events: Events
  readonly logger: Logger
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

const LOOK_EVERY_MS = 1_000

/**
 * Waits for a ledger that this version can work with, for as long as it takes: whoever starts the services before the
 * migrations finds them waiting and not in a loop of crashes. Says once that it waits for them. False when told to stop.
 */
export async function awaitSchema({ check, events, logger, signal }: SchemaWait): Promise<boolean> {
  const said = new Set<boolean>()
  while (!signal.aborted) {
    try {
      await check()
      return !signal.aborted
    } catch (error) {
      const isOutdated = (error as { code?: unknown }).code === 'LEDGER_OUTDATED'
      const isNew = !said.has(isOutdated)
      if (isNew && isOutdated) events.emit('ledger.outdated', { error })
      if (isNew && !isOutdated) logger.warn({ error }, 'Waiting: the ledger does not answer yet.')
      said.add(isOutdated)
      // An abort ends the pause, and with it the waiting.
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
  return false
}
