import { findRedrive, type RedriveView } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import { type Caller, visibleOwner } from '../http/caller.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { ProblemError } from '../problem-error.ts'

/** A redrive that the caller may see. Throws REDRIVE_NOT_FOUND, also for another's. */
export async function findOwnRedrive(id: string, caller: Caller, { db }: ApiParts): Promise<RedriveView> {
  const tenantId = visibleOwner(caller)
  const redrive = isUuid(id) ? await repeatRead(() => findRedrive(db, { tenantId, id })) : null
  if (redrive === null) throw redriveNotFound(id)
  return redrive
}

export function redriveNotFound(id: string): ProblemError {
  return new ProblemError('REDRIVE_NOT_FOUND', { detail: `There is no redrive ${id.slice(0, 100)}.` })
}
