import {
  type AttemptView,
  type Database,
  type DeadLetterView,
  type Executor,
  findDeadLetter,
  findTask,
  listAttempts,
  listAttemptsBeforeDeath,
  listAuditEntries,
  listDeadLetters,
  readInSnapshot,
} from '@redrive/shared/database'
import type { DeadLetterStory } from './to-dead-letter-detail.ts'

/** A task that died more often tells its newest deaths. */
const MAX_DEATHS_TOLD = 100
/** The same for the attempts of its lives after a death. */
const MAX_LATER_ATTEMPTS = 100

/** Everything about one dead letter as it was at one moment; null where it is gone. */
export function readDeadLetterStory(
  db: Database['db'],
  { tenantId, id, taskId }: Pick<DeadLetterView, 'tenantId' | 'id' | 'taskId'>,
): Promise<DeadLetterStory | null> {
  return readInSnapshot(db, async (snapshot) => {
    const letter = await findDeadLetter(snapshot, { tenantId, id })
    if (letter === null) return null
    const attempts = await listAttemptsBeforeDeath(snapshot, [id])
    if (taskId === null) {
      const history = await listAuditEntries(snapshot, { tenantId, deadLetterId: id })
      return { letter, attempts: [], laterAttempts: [], task: null, deadLetters: [letter], history }
    }
    return {
      letter,
      attempts: attempts.get(id) ?? [],
      laterAttempts: await listLaterAttempts(snapshot, letter, taskId),
      task: await findTask(snapshot, { tenantId, id: taskId }),
      deadLetters: await listDeadLetters(snapshot, {
        tenantIds: [tenantId],
        filter: { taskId: { anyOf: [taskId] } },
        limit: MAX_DEATHS_TOLD,
      }),
      history: await listAuditEntries(snapshot, { tenantId, taskId }),
    }
  })
}

async function listLaterAttempts(
  snapshot: Executor,
  { tenantId, number }: DeadLetterView,
  taskId: string,
): Promise<readonly AttemptView[]> {
  const all = await listAttempts(snapshot, { tenantId, id: taskId })
  return all.filter((attempt) => attempt.number > (number ?? 0)).slice(-MAX_LATER_ATTEMPTS)
}
