import { setTimeout as delay } from 'node:timers/promises'
import { backoffDelayMs, type Logger } from '@redrive/shared/runtime'

interface UntilDoneOptions {
  /** What is tried, to follow "could not". */
  readonly what: string
  readonly isHopeless: (error: unknown) => boolean
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Stores that start beside this process are there within seconds; looking every few seconds costs nobody anything. */
const BACKOFF = { baseMs: 200, maxMs: 3_000 }

/**
 * Tries a step of the start again and again until it is done, since what it needs may come up minutes later. Throws an
 * error that is hopeless, and any error once `signal` is aborted. The first failure is logged, and every twentieth.
 */
export async function untilDone(step: () => Promise<void>, options: UntilDoneOptions): Promise<void> {
  const { what, isHopeless, logger, signal } = options
  for (let tries = 1; ; tries += 1) {
    try {
      signal.throwIfAborted()
      return await step()
    } catch (error) {
      if (signal.aborted || isHopeless(error)) throw error
      if (tries % 20 === 1) logger.warn({ error, tries }, `Waiting: could not ${what} yet.`)
      await delay(backoffDelayMs(tries, BACKOFF), undefined, { signal })
    }
  }
}
