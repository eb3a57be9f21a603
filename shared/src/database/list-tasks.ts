import { type ExpressionBuilder, sql, type SqlBool } from 'kysely'
import type { EndedState, OpenState, TaskState } from '../task/index.ts'
import { boundPage, type PageRow } from './bound-page.ts'
import type { Executor, Ledger, OpenTasksTable, TasksTable } from './ledger.ts'
import { selectTasks, TASK_BYTES, type TaskView } from './select-tasks.ts'

export interface TaskFilter {
  readonly state?: TaskState
  readonly type?: string
  readonly lane?: string
  readonly tag?: string
  readonly createdAfter?: Date
  readonly createdBefore?: Date
}

export interface TaskPage {
  readonly tenantId: string
  readonly filter: TaskFilter
  readonly limit: number
  /** The id of the last task of the page before; newer tasks come first. */
  readonly beforeId?: string
  readonly maxBytes?: number
}

export type ListedTask = TaskView & PageRow

/** A page of a tenant's tasks, newest first. The page is bounded; a rare match far back is bounded by the statement timeout. */
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

function findCandidates(executor: Executor, { tenantId, filter, limit, beforeId }: TaskPage) {
  let query = executor
    .selectFrom('tasks as t')
    .leftJoin('open_tasks as o', 'o.task_id', 't.id')
    .select(['t.id', TASK_BYTES.as('bytes')])
    .where('t.tenant_id', '=', tenantId)
    .orderBy('t.id', 'desc')
    .limit(limit)
  if (beforeId !== undefined) query = query.where('t.id', '<', beforeId)
  if (filter.state !== undefined) query = query.where(stateIs(filter.state, tenantId))
  if (filter.type !== undefined) query = query.where('t.type', '=', filter.type)
  if (filter.lane !== undefined) query = query.where('t.lane', '=', filter.lane)
  if (filter.tag !== undefined)
    query = query.where(sql<SqlBool>`t.tags <> '{}' and t.tags @> array[${filter.tag}]::text[]`)
  if (filter.createdAfter !== undefined) query = query.where('t.created_at', '>=', filter.createdAfter)
  if (filter.createdBefore !== undefined) query = query.where('t.created_at', '<', filter.createdBefore)
  return query
}

type Source = Ledger & {
  t: TasksTable
  o: { [Column in keyof OpenTasksTable]: OpenTasksTable[Column] | null }
}

function stateIs(state: TaskState, tenantId: string) {
  return (builder: ExpressionBuilder<Source, 't' | 'o'>) => {
    if (state === 'succeeded') return sql<SqlBool>`t.state = 'succeeded'`
    if (isRare(state)) {
      return builder.exists(
        builder
          .selectFrom('rare_endings as r')
          .select('r.task_id')
          .where('r.tenant_id', '=', tenantId)
          .where('r.state', '=', state)
          .whereRef('r.task_id', '=', 't.id'),
      )
    }
    return OPEN_CONDITIONS[state]
  }
}

function isRare(state: TaskState): state is Exclude<EndedState, 'succeeded'> {
  return state === 'failed' || state === 'cancelled' || state === 'expired'
}

// Keep together with the state's expression in select-tasks.ts.
const OPEN_CONDITIONS: Readonly<Record<OpenState, ReturnType<typeof sql<SqlBool>>>> = {
  running: sql<SqlBool>`o.token is not null`,
  queued: sql<SqlBool>`o.token is null and o.confirmed_at is not null`,
  scheduled: sql<SqlBool>`o.token is null and o.confirmed_at is null and o.due_at > now() and o.attempt = 0`,
  retrying: sql<SqlBool>`o.token is null and o.confirmed_at is null and o.due_at > now() and o.attempt > 0`,
  waiting: sql<SqlBool>`o.task_id is not null and o.token is null and o.confirmed_at is null and o.due_at <= now()`,
}
