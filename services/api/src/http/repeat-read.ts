import { repeatUntilAnswered } from '@redrive/shared/database'

/** A client waits this long at most for a database that restarts; then it is told to come again. */
const REPEAT_MS = 2_000

/** Runs a read again while the ledger does not answer, for two seconds. Only for reads. */
export function repeatRead<T>(read: () => Promise<T>): Promise<T> {
  return repeatUntilAnswered(read, { deadlineMs: REPEAT_MS })
}
