import { type DeadLetterView, findDeadLetter } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import type { Caller } from '../http/caller.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { ProblemError } from '../problem-error.ts'

/** A dead letter of the caller's tenant. Throws DEAD_LETTER_NOT_FOUND, also for another tenant's. */
export async function findOwnDeadLetter(
  id: string,
  { tenantId }: Caller,
  { db }: ApiParts,
): Promise<DeadLetterView> {
  const letter = isUuid(id) ? await repeatRead(() => findDeadLetter(db, { tenantId, id })) : null
  if (letter !== null) return letter
  throw new ProblemError('DEAD_LETTER_NOT_FOUND', { detail: `There is no dead letter ${id.slice(0, 100)}.` })
}
