import { type Database, repeatUntilAnswered } from '@redrive/shared/database'
import type { Events, Logger } from '@redrive/shared/runtime'
import type { TaskType } from '@redrive/shared/task'

/** What every step of a task's life in this worker needs. */
export interface WorkerContext {
  readonly workerId: string
  readonly host: string
  readonly database: Database
  readonly events: Events
  readonly logger: Logger
  readonly types: ReadonlyMap<string, TaskType>
  /** Aborted when nothing more is tried, because the time to stop is over. */
  readonly givingUp: AbortSignal
}

/**
 * Runs a statement until the ledger answers, for as long as it takes or until the worker gives up. For statements that
 * may be repeated only: with a token, a number or an id that makes the second run find what the first one did.
 */
export function askLedger<T>({ givingUp, logger }: WorkerContext, statement: () => Promise<T>): Promise<T> {
  return repeatUntilAnswered(statement, {
    deadlineMs: Number.POSITIVE_INFINITY,
    signal: givingUp,
    onRetry: (error, tries) => {
      if (tries === 1) logger.warn({ error }, 'A statement is repeated until the ledger answers.')
    },
  })
}
