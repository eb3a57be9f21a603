import { openOverdueDeadLetters, type Executor } from '@redrive/shared/database'
import type { NoteRepair } from './repair-log.ts'

export interface OverdueOptions {
  readonly carriedAfterMs: number
  readonly noteRepair: NoteRepair
}

const BATCH = 1_000

/**
 * Opens the dead letters whose ticket has not come through the error queue in time, without the broker's evidence: the
 * broker lost it, or the way to the error queue is cut. The failure itself was never only in the broker.
 */
export async function openOverdue(
  db: Executor,
  { carriedAfterMs, noteRepair }: OverdueOptions,
): Promise<number> {
  let count = 0
  for (;;) {
    const opened = await openOverdueDeadLetters(db, { olderThanMs: carriedAfterMs, limit: BATCH })
    count += opened.length
    if (opened.length < BATCH) break
  }
  if (count > 0) {
    const detail = `their tickets did not come through the error queue within ${carriedAfterMs} ms`
    await noteRepair({ repair: 'dead_letters_opened', count, detail })
  }
  return count
}
