import { sql } from 'kysely'
import type { Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'

/**
 * Takes the next due tasks of a lane for publishing, in order of due time. Each row says until when its taker is at work;
 * that grace doubles with every try (up to four times), so that what keeps being returned is not tried in a loop. No longer,
 * since after an outage of the broker that took many tries, clients wait for what is left of it.
 * If the taker dies after the commit, the grace runs out and the same numbers are taken again.
 */
export async function takeDueTickets(
  executor: Executor,
  { lane, limit, graceMs }: { readonly lane: string; readonly limit: number; readonly graceMs: number },
): Promise<readonly Ticket[]> {
  const { rows } = await sql<Ticket>`
    with due as (
      select task_id from open_tasks
      where lane = ${lane} and due_at <= now() and token is null and confirmed_at is null
        and (taken_until is null or taken_until <= now())
      order by due_at, task_id limit ${limit}
    ),
    locked as (
      select o.task_id from open_tasks o
      -- By key whatever the statistics say: see ofTasks.
      where o.task_id = any(array(select task_id from due))
        and o.lane = ${lane} and o.due_at <= now() and o.token is null and o.confirmed_at is null
        and (o.taken_until is null or o.taken_until <= now())
      order by o.task_id for update of o
    ),
    taken as (
      update open_tasks o set publish_tries = o.publish_tries + 1,
        taken_until = now() + ${graceMs} * interval '1 millisecond' * (2 ^ least(o.publish_tries, 2))
      where o.task_id = any(array(select task_id from locked))
      returning o.task_id, o.number, o.due_at
    )
    select task_id as "taskId", number from taken order by due_at, task_id`.execute(executor)
  return rows
}
