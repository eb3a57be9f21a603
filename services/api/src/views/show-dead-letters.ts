import type { DeadLetterResource } from '@redrive/shared/contract'
import { type DeadLetterView, type Executor, listAttemptsBeforeDeath } from '@redrive/shared/database'
import { toDeadLetter } from './to-dead-letter.ts'

/** Dead letters of one tenant as the api shows them; the attempts of all are read at once. */
export async function showDeadLetters(
  db: Executor,
  letters: readonly DeadLetterView[],
): Promise<DeadLetterResource[]> {
  const [first] = letters
  if (first === undefined) return []
  const { tenantId } = first
  const attempts = await listAttemptsBeforeDeath(db, {
    tenantId,
    deadLetterIds: letters.map((letter) => letter.id),
  })
  return letters.map((letter) => toDeadLetter(letter, attempts.get(letter.id) ?? []))
}
