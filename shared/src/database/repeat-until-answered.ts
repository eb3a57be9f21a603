import { setTimeout as delay } from 'node:timers/promises'
import { classifyDatabaseError } from './classify-database-error.ts'

export interface RepeatOptions {
  /** No further try begins after this many milliseconds. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  readonly onRetry?: (error: unknown, tries: number) => void
}

// 50 ms doubles to a second: a deadlock is gone at once, a restart takes seconds.
const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 1_000

/**
 * Runs a statement again while the database undid it or its answer was lost. Only for statements that may be repeated:
 * those that carry a token or ids made by the caller, so that a commit whose answer was lost gives the same rows again.
 */
export async function repeatUntilAnswered<T>(
  statement: () => Promise<T>,
  options: RepeatOptions,
): Promise<T> {
  const startedAt = performance.now()
  for (let tries = 1; ; tries += 1) {
    try {
      return await statement()
    } catch (error) {
      const kind = classifyDatabaseError(error)
      const isLate = performance.now() - startedAt >= options.deadlineMs
      if ((kind !== 'again' && kind !== 'unavailable') || isLate || options.signal?.aborted === true)
        throw error
      options.onRetry?.(error, tries)
      const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (tries - 1))
      await delay(ceiling * (0.5 + Math.random() / 2))
    }
  }
}
