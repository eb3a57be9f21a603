import { findTask, type TaskView } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import type { Caller } from '../http/caller.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { ProblemError } from '../problem-error.ts'

/** A task of the caller's tenant. Throws TASK_NOT_FOUND, also for another tenant's. */
export async function findOwnTask(id: string, { tenantId }: Caller, { db }: ApiParts): Promise<TaskView> {
  const task = isUuid(id) ? await repeatRead(() => findTask(db, { tenantId, id })) : null
  if (task === null) throw taskNotFound(id)
  return task
}

export function taskNotFound(id: string): ProblemError {
  return new ProblemError('TASK_NOT_FOUND', { detail: `There is no task ${id.slice(0, 100)}.` })
}
