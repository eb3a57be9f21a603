import { sql, type SqlBool } from 'kysely'
import { boundPage } from './bound-page.ts'
import type { Executor } from './ledger.ts'
import { selectTasks, TASK_BYTES, type TaskView } from './select-tasks.ts'

/** The next tasks of a lane that have not started and are due, in the order in which they became due. Takes nothing. */
export function listLaneTasks(
  executor: Executor,
  page: {
    readonly tenantIds: readonly string[]
    readonly lane: string
    readonly limit: number
    readonly maxBytes?: number
  },
): Promise<TaskView[]> {
  const candidates = executor
    .selectFrom('open_tasks as o')
    .innerJoin('tasks as t', 't.id', 'o.task_id')
    .select(['t.id', 'o.due_at', TASK_BYTES.as('bytes')])
    .where(sql<SqlBool>`o.tenant_id = any(${page.tenantIds}::uuid[])`)
    .where('o.lane', '=', page.lane)
    .where(sql<SqlBool>`o.token is null and o.due_at <= now()`)
    .orderBy('o.due_at')
    .orderBy('o.task_id')
    .limit(page.limit)
  return selectTasks(executor)
    .innerJoin(boundPage({ candidates, order: sql`c.due_at, c.id`, maxBytes: page.maxBytes }), 'p.id', 't.id')
    .orderBy('o.due_at')
    .orderBy('t.id')
    .execute()
}
