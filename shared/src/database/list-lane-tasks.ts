import { sql, type SqlBool } from 'kysely'
import type { Executor } from './ledger.ts'
import { selectTasks, type TaskView } from './select-tasks.ts'

/** The next tasks of a lane that have not started and are due, in the order in which they became due. Takes nothing. */
export function listLaneTasks(
  executor: Executor,
  page: { readonly tenantId: string; readonly lane: string; readonly limit: number },
): Promise<TaskView[]> {
  return selectTasks(executor)
    .where('o.tenant_id', '=', page.tenantId)
    .where('o.lane', '=', page.lane)
    .where(sql<SqlBool>`o.token is null and o.due_at <= now()`)
    .orderBy('o.due_at')
    .orderBy('o.task_id')
    .limit(page.limit)
    .execute()
}
