import { type ClaimedAttempt, noteLateOutcome } from '@redrive/shared/database'
import type { AttemptOutcome } from '@redrive/shared/protocol'
import type { WorkerContext } from './worker-context.ts'

/** A guess: enough to see what came out, little enough for a note. */
const MAX_RESULT_CHARACTERS = 4_000

/**
 * Keeps on the attempt what it came to after it was taken away. Only for people who look into it later, so a note that
 * cannot be written is logged and nothing more. Never rejects.
 */
export async function keepLateOutcome(
  { taskId, token }: Pick<ClaimedAttempt, 'taskId' | 'token'>,
  outcome: AttemptOutcome,
  { database, logger, workerId }: WorkerContext,
): Promise<void> {
  const note = { ...describeOutcome(outcome), workerId, at: new Date().toISOString() }
  try {
    await noteLateOutcome(database.db, { taskId, token, note })
  } catch (error) {
    logger.warn({ error, taskId, note }, 'The outcome of an attempt that was taken away could not be noted.')
  }
}

function describeOutcome(outcome: AttemptOutcome): Record<string, unknown> {
  switch (outcome.kind) {
    case 'succeeded':
      return { outcome: 'succeeded', result: outcome.result.slice(0, MAX_RESULT_CHARACTERS) }
    case 'failed':
      return { outcome: outcome.failure === 'timed_out' ? 'timed_out' : 'failed', error: outcome.error }
    case 'crashed':
    case 'unusable_result':
      return { outcome: 'failed', error: outcome.error }
    case 'run_later':
    case 'returned':
      return { outcome: outcome.kind, reason: outcome.reason }
    case 'abandoned':
      return { outcome: 'abandoned' }
  }
}
