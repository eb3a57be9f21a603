import { sql } from 'kysely'
import { callbackInsertions } from './callback-insertions.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

export interface Success {
  readonly taskId: string
  readonly token: string
  /** The result as JSON text. */
  readonly result: string
}

/**
 * Ends tasks as succeeded, in one statement: the open row goes, the task gets its result, the attempt its record.
 * Returns the tokens that did; an absent one was taken away, or had been finished by this very call before (see
 * `findFinishedTokens`). Locks open rows in id order.
 */
export async function finishSucceeded(
  executor: Executor,
  successes: readonly Success[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ token: string }>`
    with done as (
      select * from unnest(${successes.map((success) => success.taskId)}::uuid[], ${successes.map((success) => success.token)}::uuid[],
        ${successes.map((success) => success.result)}::text[]) as d (task_id, token, result)
    ),
    locked as (
      select o.task_id, o.token from open_tasks o join done d on d.task_id = o.task_id and d.token = o.token
      where ${ofTasks(successes)}
      order by o.task_id for update of o
    ),
    closed as (
      delete from open_tasks o using locked l where o.task_id = l.task_id and ${ofTasks(successes)} and o.token = l.token
      returning o.*
    ),
    ended as (
      update tasks t set state = 'succeeded', number = c.number, attempt = c.attempt,
        charged_attempts = c.charged_attempts + 1, result = d.result::jsonb, progress = c.progress,
        started_at = c.started_at, finished_at = now()
      from closed c join done d on d.token = c.token where t.id = c.task_id
      returning t.*
    ),
    ${callbackInsertions(sql`ended`)},
    recorded as (
      insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged, progress)
      select task_id, attempt, tenant_id, number, token, worker_id, started_at, now(), 'succeeded', true, progress from closed
    )
    select token from closed`.execute(executor)
  return new Set(rows.map((row) => row.token))
}
