import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface Purge {
  readonly olderThanDays: number
  readonly limit: number
  /** The ledger's clock, unless a test moves it. */
  readonly now?: Date
}

export interface PurgedCounts {
  readonly deadLetters: number
  /** Failed tasks that went with their dead letters. */
  readonly tasks: number
  /** Whether the limit was reached, so that there may be more. */
  readonly isFollowed: boolean
}

/**
 * Deletes dead letters that died longer ago than they are kept, the oldest first, in one statement. The live one of a failed
 * task goes with its task, its attempts and all that belongs to it, because a failed task without its dead letter would be
 * a failure that disappeared; a redriven one goes alone, whatever its task does now. One that is still carried stays, and
 * so does the audit. Locks dead letters in id order, as a redrive does: of the two, one wins.
 */
export async function purgeDeadLetters(executor: Executor, purge: Purge): Promise<PurgedCounts> {
  const { olderThanDays, limit, now } = purge
  const { rows } = await sql<{ found: number; deadLetters: number; tasks: number }>`
    with due as (
      select id from dead_letters
      where died_at < coalesce(${now?.toISOString() ?? null}::timestamptz, now()) - ${olderThanDays}::int * interval '1 day'
        and state <> 'carried'
      order by died_at limit ${limit}
    ),
    locked as (
      select id, task_id, state from dead_letters where id = any(array(select id from due)) and state <> 'carried'
      order by id for update
    ),
    ended as (
      -- n.b. The dead letter is locked and live, so its task has failed and nothing else can move it.
      delete from tasks t using locked l
      where t.id = l.task_id and t.id = any(array(select task_id from locked)) and l.state <> 'redriven' and t.state = 'failed'
      returning t.id, t.tenant_id
    ),
    attempted as (delete from attempts where task_id = any(array(select id from ended))),
    revised as (delete from input_revisions where task_id = any(array(select id from ended))),
    unlisted as (
      delete from rare_endings r using ended e where r.tenant_id = e.tenant_id and r.state = 'failed' and r.task_id = e.id
    ),
    gone as (
      -- With the older dead letters of the tasks that go.
      delete from dead_letters d
      where d.id = any(array(select id from locked)) or d.task_id = any(array(select id from ended))
      returning d.id
    )
    select (select count(*) from due)::int as found, (select count(*) from gone)::int as "deadLetters",
      (select count(*) from ended)::int as tasks`.execute(executor)
  const { found = 0, deadLetters = 0, tasks = 0 } = rows[0] ?? {}
  return { deadLetters, tasks, isFollowed: found === limit }
}
