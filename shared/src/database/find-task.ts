import type { Executor } from './ledger.ts'
import { selectTasks, type TaskView } from './select-tasks.ts'

export interface TaskKey {
  /** Null: of whichever tenant, for whoever runs the installation. */
  readonly tenantId: string | null
  readonly id: string
}

/** One task; null where there is none, or it is not this tenant's. */
export async function findTask(executor: Executor, { tenantId, id }: TaskKey): Promise<TaskView | null> {
  const query = selectTasks(executor).where('t.id', '=', id)
  const owned = tenantId === null ? query : query.where('t.tenant_id', '=', tenantId)
  const row = await owned.executeTakeFirst()
  return row ?? null
}
