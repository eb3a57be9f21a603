import { findTask, type TaskView } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import { type Caller, visibleOwner } from '../http/caller.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { ProblemError } from '../problem-error.ts'

/** A task that the caller may see. Throws TASK_NOT_FOUND, also for another's. n.b. Act on it as its own tenant's. */
export async function findOwnTask(id: string, caller: Caller, { db }: ApiParts): Promise<TaskView> {
  const tenantId = visibleOwner(caller)
  const task = isUuid(id) ? await repeatRead(() => findTask(db, { tenantId, id })) : null
  if (task === null) throw taskNotFound(id)
  return task
}

export function taskNotFound(id: string): ProblemError {
  return new ProblemError('TASK_NOT_FOUND', { detail: `There is no task ${id.slice(0, 100)}.` })
}
