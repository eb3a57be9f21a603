import { setTimeout as delay } from 'node:timers/promises'
import { isDataError, repeatUntilAnswered } from '@redrive/shared/database'
import { backoffDelayMs } from '@redrive/shared/runtime'

export interface LedgerWait {
  /** Ends the waiting: the last error is then thrown. */
  readonly signal: AbortSignal
  readonly onRetry?: (error: unknown) => void
}

/** For errors that only a person or a migration ends, such as a missing table. */
const FAULT_BACKOFF = { baseMs: 500, maxMs: 10_000 }

/**
 * Runs a repeatable statement until the ledger has answered it, however long that takes. Rejects only when the ledger
 * refuses the data, which it would do again, and when the signal is aborted.
 */
export async function waitForLedger<T>(statement: () => Promise<T>, wait: LedgerWait): Promise<T> {
  const { signal, onRetry = () => undefined } = wait
  for (let faults = 1; ; faults += 1) {
    try {
      return await repeatUntilAnswered(statement, { deadlineMs: Infinity, signal, onRetry })
    } catch (error) {
      if (isDataError(error) || signal.aborted) throw error
      onRetry(error)
      // An abort ends the pause, and the next try is the last one.
      await delay(backoffDelayMs(faults, FAULT_BACKOFF), undefined, { signal }).catch(() => undefined)
    }
  }
}
