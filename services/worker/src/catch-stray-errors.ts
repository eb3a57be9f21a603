import type { Logger } from '@redrive/shared/runtime'

interface StrayErrors {
  readonly logger: Logger
  /** Attempts that ran when it happened. */
  readonly runningCount: () => number
  readonly onFatal: (error: Error) => void
}

/**
 * Catches what comes out of handlers beside their promise, so that one of them does not take its neighbours along.
 * A rejection that nobody awaits is logged, and everything goes on. After an exception outside any promise nobody
 * knows what state the process is in: it is logged, and the worker drains and ends.
 */
export function catchStrayErrors({ logger, runningCount, onFatal }: StrayErrors): void {
  catchStrayRejections({ logger, runningCount })
  process.on('uncaughtException', (error) => {
    logger.fatal(
      { error, running: runningCount() },
      'An exception was thrown outside any attempt, probably by a callback of a handler.',
    )
    onFatal(error)
  })
}

/** The first half alone, for the process of one attempt: after an exception it may end like any that crashes. */
export function catchStrayRejections({ logger, runningCount }: Omit<StrayErrors, 'onFatal'>): void {
  process.on('unhandledRejection', (reason) => {
    logger.error(
      { error: reason, running: runningCount() },
      'A promise was rejected and nobody awaited it, probably in a handler; its attempt is not affected.',
    )
  })
}
