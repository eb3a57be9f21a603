import { sql } from 'kysely'
import type { TaskFilter } from '../filter/index.ts'
import { boundPage, type PageRow } from './bound-page.ts'
import type { Executor } from './ledger.ts'
import { matchTasks } from './match-tasks.ts'
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

/** A page of these tenants' tasks, newest first. The page is bounded; a rare match far back is bounded by the statement timeout. */
export function listTasks(executor: Executor, page: TaskPage): Promise<ListedTask[]> {
  return selectTasks(executor)
    .innerJoin(
      boundPage({
        candidates: findCandidates(executor, page),
        order: sql`c.id desc`,
        maxBytes: page.maxBytes,
      }),
      'p.id',
      't.id',
    )
    .select('p.isFollowed')
    .orderBy('t.id', 'desc')
    .execute()
}

function findCandidates(executor: Executor, { tenantIds, filter, limit, beforeId }: TaskPage) {
  const query = matchTasks(executor, { tenantIds, filter })
    .select(['t.id', TASK_BYTES.as('bytes')])
    .orderBy('t.id', 'desc')
    .limit(limit)
  return beforeId === undefined ? query : query.where('t.id', '<', beforeId)
}
