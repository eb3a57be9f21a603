import type { DeadLetterResource } from '@redrive/shared/contract'
import { type DeadLetterView, listAttemptsBeforeDeath } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import { toDeadLetter } from './to-dead-letter.ts'

/** Dead letters as the api shows them; the attempts of all are read at once. */
export async function showDeadLetters(
  { db, settings }: ApiParts,
  letters: readonly DeadLetterView[],
): Promise<DeadLetterResource[]> {
  if (letters.length === 0) return []
  const attempts = await listAttemptsBeforeDeath(
    db,
    letters.map((letter) => letter.id),
  )
  const showing = { retentionDays: settings.deadLetterRetentionDays }
  return letters.map((letter) => toDeadLetter(letter, attempts.get(letter.id) ?? [], showing))
}
