import { sql } from 'kysely'
import type { Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

/**
 * Notes that the broker has these tickets, where they still wait: rows that were claimed, ended or given another number
 * meanwhile are left alone. Returns how many were marked. If the caller stops before this, the grace runs out and
 * release publishes the same number again, which costs one void ticket.
 */
export async function markConfirmed(executor: Executor, tickets: readonly Ticket[]): Promise<number> {
  const result = await sql`
    with wanted as (
      select * from unnest(${tickets.map((ticket) => ticket.taskId)}::uuid[], ${tickets.map((ticket) => ticket.number)}::int[])
        as w (task_id, number)
    ),
    locked as (
      select o.task_id from open_tasks o join wanted w on w.task_id = o.task_id and w.number = o.number
      where ${ofTasks(tickets)} and o.token is null and o.confirmed_at is null
      order by o.task_id for update of o
    )
    update open_tasks o set confirmed_at = now(), taken_until = null
    where ${ofTasks(tickets)} and o.task_id = any(array(select task_id from locked))`.execute(executor)
  return Number(result.numAffectedRows ?? 0)
}
