import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface RescuedAttempt {
  readonly taskId: string
  readonly attempt: number
  readonly type: string
}

export interface Rescue {
  readonly workerId: string
  /** Attempts of tasks that are lost for the last time allowed are left to be convicted: see `findConvicts`. */
  readonly maxLosses: number
  /** The same while the worker ran attempts of tasks that were never lost before, each of which is the better suspect. */
  readonly maxLossesBesideOthers: number
  /** In words, for the attempt. */
  readonly decision: string
}

/**
 * Takes back what a dead worker was running: each attempt ends as lost and uncharged, its task is due now under the next
 * number. The worker is marked as lost in the same transaction. Reads every open row: only for workers that are gone.
 *
 * A task that was lost before ran in a process of its own, so a worker that also ran others within itself died of one of those.
 */
export async function rescueAttempts(executor: Executor, rescue: Rescue): Promise<readonly RescuedAttempt[]> {
  const { rows } = await sql<RescuedAttempt>`
    with given_up as (
      update workers set state = 'lost', ended_at = coalesce(ended_at, now())
      where id = ${rescue.workerId} and state in ('running', 'draining')
    ),
    held as (
      select * from open_tasks where worker_id = ${rescue.workerId} and token is not null order by task_id for update
    ),
    locked as (
      select * from held
      where losses + 1 < case when exists (select from held where losses = 0)
        then ${rescue.maxLossesBesideOthers}::int else ${rescue.maxLosses}::int end
    ),
    moved as (
      update open_tasks o set number = o.number + 1, due_at = now(), worker_id = null, token = null, started_at = null,
        confirmed_at = null, taken_until = null, publish_tries = 0, progress = null, losses = o.losses + 1,
        return_reason = ${rescue.decision}
      -- By key whatever the statistics say: see ofTasks.
      where o.task_id = any(array(select task_id from locked))
    ),
    recorded as (
      insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged, progress, decision)
      select task_id, attempt, tenant_id, number, token, worker_id, started_at, now(), 'lost', false, progress, ${rescue.decision}
      from locked
    )
    select task_id as "taskId", attempt, type from locked order by task_id`.execute(executor)
  return rows
}

export interface Convict {
  readonly taskId: string
  readonly token: string
  readonly attempt: number
  readonly type: string
  readonly lane: string
  readonly number: number
  /** How often the task was lost before this attempt. */
  readonly losses: number
}

/**
 * Tasks that a dead worker still holds, and that were lost so often: `rescueAttempts` left them to be
 * convicted. An attempt claimed while the rescue ran is held too, and is not among them unless it was lost as often.
 */
export async function findConvicts(
  executor: Executor,
  { workerId, maxLosses }: { readonly workerId: string; readonly maxLosses: number },
): Promise<readonly Convict[]> {
  const { rows } = await sql<Convict>`
    select task_id as "taskId", token, attempt, type, lane, number, losses from open_tasks
    where worker_id = ${workerId} and token is not null and losses + 1 >= ${maxLosses}
    order by task_id`.execute(executor)
  return rows
}
