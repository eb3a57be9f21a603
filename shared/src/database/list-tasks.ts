import { sql, type SqlBool } from 'kysely'
import type { TaskFilter } from '../filter/index.ts'
import { boundPage, type PageRow } from './bound-page.ts'
import { findTaskIds } from './find-task-ids.ts'
import type { Executor } from './ledger.ts'
import { selectTasks, TASK_BYTES, type TaskView } from './select-tasks.ts'

export interface TaskPage {
  readonly tenantIds: readonly string[]
  readonly filter: TaskFilter
  readonly limit: number
  /** The id of the last task of the page before; newer tasks come first. */
  readonly beforeId?: string
  readonly maxBytes?: number
}

export type ListedTask = TaskView & PageRow

/** A page of these tenants' tasks, newest first. */
export async function listTasks(executor: Executor, page: TaskPage): Promise<ListedTask[]> {
  const ids = await findTaskIds(executor, page)
  if (ids.length === 0) return []
  const candidates = executor
    .selectFrom('tasks as t')
    .select(['t.id', TASK_BYTES.as('bytes')])
    .where(sql<SqlBool>`t.id = any(${ids}::uuid[])`)
  return await selectTasks(executor)
    .innerJoin(boundPage({ candidates, order: sql`c.id desc`, maxBytes: page.maxBytes }), 'p.id', 't.id')
    .select('p.isFollowed')
    .orderBy('t.id', 'desc')
    .execute()
}
