import type { DeadLetterResource } from '@redrive/shared/contract'
import { type DeadLetterView, listAttemptsBeforeDeath } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import { toDeadLetter } from './to-dead-letter.ts'

/** One dead letter as the api shows it. */
export async function showDeadLetter(
  { db, settings }: ApiParts,
  letter: DeadLetterView,
): Promise<DeadLetterResource> {
  const { id } = letter
  const attempts = await listAttemptsBeforeDeath(db, [id])
  return toDeadLetter(letter, attempts.get(id) ?? [], { retentionDays: settings.deadLetterRetentionDays })
}
