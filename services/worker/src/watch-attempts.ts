import { findTakenAway } from '@redrive/shared/database'
import { Loop } from '@redrive/shared/runtime'
import type { RunningAttempts } from './running-attempts.ts'
import { abortAttempt } from './sweep-attempts.ts'
import type { WorkerContext } from './worker-context.ts'

const INTERVAL_MS = 500

/**
 * A loop that tells handlers to stop whose attempt was taken away: the task was cancelled, or this worker was taken for
 * dead. Only to save their work; whatever they come to is refused by the ledger anyway.
 */
export function watchAttempts(context: WorkerContext, running: RunningAttempts): Loop {
  return new Loop({
    name: 'attempt watch',
    intervalMs: INTERVAL_MS,
    logger: context.logger,
    step: async () => {
      await stopTakenAway(context, running)
      return 'idle'
    },
  })
}

async function stopTakenAway(context: WorkerContext, running: RunningAttempts): Promise<void> {
  // Those of this very moment were claimed a moment ago, and most end before the answer is there.
  const watched = running.all().filter((one) => !one.isDecided && one.abortedBecause === null)
  if (watched.length === 0) return
  const tokens = await findTakenAway(
    context.database.db,
    watched.map(({ claimed }) => claimed),
  )
  for (const token of tokens) {
    const attempt = running.find(token)
    if (attempt === undefined) continue
    const reason = 'The attempt was taken away: its task was cancelled, or its worker was taken for dead.'
    abortAttempt(attempt, 'taken_away', new DOMException(reason, 'AbortError'))
  }
}
