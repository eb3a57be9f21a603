import { sql } from 'kysely'
import type { Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

/**
 * Gives back tasks whose type the caller does not run: next number, due after a short delay, uncharged, the reason on the
 * task, and since when it has been so. The ids of those that were still at this number and not running.
 */
export async function returnUnhandled(
  executor: Executor,
  tickets: readonly Ticket[],
  { delayMs, reason }: { readonly delayMs: number; readonly reason: string },
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ task_id: string }>`
    with locked as (
      select o.task_id from open_tasks o
      join unnest(${tickets.map((ticket) => ticket.taskId)}::uuid[], ${tickets.map((ticket) => ticket.number)}::int[])
        as w (task_id, number) on w.task_id = o.task_id and w.number = o.number
      where ${ofTasks(tickets)} and o.token is null
      order by o.task_id for update of o
    )
    update open_tasks o set number = o.number + 1, due_at = now() + ${delayMs} * interval '1 millisecond', confirmed_at = null,
      taken_until = null, publish_tries = 0, unhandled_since = coalesce(o.unhandled_since, now()), return_reason = ${reason}
    from locked l where o.task_id = l.task_id and ${ofTasks(tickets)} and o.token is null
    returning o.task_id`.execute(executor)
  return new Set(rows.map((row) => row.task_id))
}
