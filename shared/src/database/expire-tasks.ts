import { sql } from 'kysely'
import { callbackInsertions } from './callback-insertions.ts'
import type { Executor } from './ledger.ts'

export interface ExpiredTask {
  readonly taskId: string
  readonly type: string
  readonly lane: string
  /** The latest attempt before its deadline, 0 where there was none. */
  readonly attempt: number
}

/**
 * Ends the tasks whose deadline has passed without an attempt under way, the longest overdue first: open row, task,
 * callback and listing together. A running attempt goes on, and decides itself what follows it. Their tickets are void
 * wherever they are. Locks open rows in id order; repeating it finds those that are left.
 */
export async function expireTasks(
  executor: Executor,
  { limit }: { readonly limit: number },
): Promise<readonly ExpiredTask[]> {
  const { rows } = await sql<ExpiredTask>`
    with overdue as (
      select task_id from open_tasks where expires_at <= now() and token is null order by expires_at limit ${limit}
    ),
    locked as (
      select o.task_id from open_tasks o
      -- By key whatever the statistics say: see ofTasks.
      where o.task_id = any(array(select task_id from overdue)) and o.expires_at <= now() and o.token is null
      order by o.task_id for update of o
    ),
    closed as (
      delete from open_tasks o
      where o.task_id = any(array(select task_id from locked)) and o.expires_at <= now() and o.token is null
      returning o.*
    ),
    ended as (
      update tasks t set state = 'expired', number = c.number, attempt = c.attempt, charged_attempts = c.charged_attempts,
        finished_at = now()
      from closed c where t.id = c.task_id
      returning t.*
    ),
    ${callbackInsertions(sql`ended`)},
    listed as (
      insert into rare_endings (tenant_id, state, task_id) select tenant_id, 'expired', task_id from closed
    )
    select task_id as "taskId", type, lane, attempt from closed order by task_id`.execute(executor)
  return rows
}
