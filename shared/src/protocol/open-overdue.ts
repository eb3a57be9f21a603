import type { Flow } from './flow.ts'
import { ask, type Ask, type NoteRepair } from './ports.ts'

const BATCH = 1_000

/**
 * Opens the dead letters whose ticket has not come through the error queue in time, without the broker's evidence: the
 * broker lost it, or the way to the error queue is cut. The failure itself was never only in the broker.
 */
export function* openOverdue(
  carriedAfterMs: number,
): Flow<Ask<'openOverdueDeadLetters'> | NoteRepair, number> {
  let count = 0
  for (;;) {
    const opened = yield* ask('openOverdueDeadLetters', { olderThanMs: carriedAfterMs, limit: BATCH })
    count += opened.length
    if (opened.length < BATCH) break
  }
  const detail = `their tickets did not come through the error queue within ${carriedAfterMs} ms`
  if (count > 0) yield { do: 'noteRepair', repair: 'dead_letters_opened', count, detail }
  return count
}
