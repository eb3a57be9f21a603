import { repeatUntilAnswered } from '@redrive/shared/database'
import { withinDeadline } from './within-deadline.ts'

/** A client waits this long at most for a database that restarts; then it is told to come again. */
const REPEAT_MS = 2_000

/** Runs a read again while the ledger refuses it, for two seconds, and waits six for one that is silent. Only for reads. */
export function repeatRead<T>(read: () => Promise<T>): Promise<T> {
  return withinDeadline(repeatUntilAnswered(read, { deadlineMs: REPEAT_MS }))
}
