import type { Executor } from './ledger.ts'
import { selectTasks, type TaskView } from './select-tasks.ts'

export interface TaskKey {
  readonly tenantId: string
  readonly id: string
}

/** One task of a tenant; null where there is none, or it is another tenant's. */
export async function findTask(executor: Executor, { tenantId, id }: TaskKey): Promise<TaskView | null> {
  const row = await selectTasks(executor)
    .where('t.tenant_id', '=', tenantId)
    .where('t.id', '=', id)
    .executeTakeFirst()
  return row ?? null
}
