import { sql } from 'kysely'
import type { Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'

/** Tickets confirmed longer than this ago and still not running. Counts no further than `atMost`. */
export async function countOldConfirmed(
  executor: Executor,
  {
    lane,
    olderThanMs,
    atMost,
  }: { readonly lane: string; readonly olderThanMs: number; readonly atMost: number },
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select from open_tasks where lane = ${lane} and token is null and confirmed_at < now() - ${olderThanMs} * interval '1 millisecond'
      limit ${atMost}
    ) as old`.execute(executor)
  return rows[0]?.count ?? 0
}

/**
 * Takes the oldest of them to be published again under the same number: the broker holds fewer messages than were
 * confirmed. A wrong guess costs one void ticket. The mark is renewed, so each waits another while before it is doubted again.
 */
export async function takeUnseenTickets(
  executor: Executor,
  {
    lane,
    olderThanMs,
    limit,
  }: { readonly lane: string; readonly olderThanMs: number; readonly limit: number },
): Promise<readonly Ticket[]> {
  const { rows } = await sql<Ticket>`
    with unseen as (
      select task_id from open_tasks
      where lane = ${lane} and token is null and confirmed_at < now() - ${olderThanMs} * interval '1 millisecond'
      order by confirmed_at, task_id limit ${limit}
    ),
    locked as (
      select o.task_id from open_tasks o
      -- By key whatever the statistics say: see ofTasks.
      where o.task_id = any(array(select task_id from unseen)) and o.token is null and o.confirmed_at is not null
      order by o.task_id for update of o
    )
    update open_tasks o set confirmed_at = now() where o.task_id = any(array(select task_id from locked))
    returning o.task_id as "taskId", o.number`.execute(executor)
  return rows
}
