import { type DeadLetterView, findDeadLetter } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import { type Caller, visibleOwner } from '../http/caller.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { ProblemError } from '../problem-error.ts'

/** A dead letter that the caller may see. Throws DEAD_LETTER_NOT_FOUND, also for another's. n.b. Act on it as its own tenant's. */
export async function findOwnDeadLetter(
  id: string,
  caller: Caller,
  { db }: ApiParts,
): Promise<DeadLetterView> {
  const tenantId = visibleOwner(caller)
  const letter = isUuid(id) ? await repeatRead(() => findDeadLetter(db, { tenantId, id })) : null
  if (letter !== null) return letter
  throw deadLetterNotFound(id)
}

export function deadLetterNotFound(id: string): ProblemError {
  return new ProblemError('DEAD_LETTER_NOT_FOUND', { detail: `There is no dead letter ${id.slice(0, 100)}.` })
}
