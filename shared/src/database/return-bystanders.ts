import { sql } from 'kysely'
import type { Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

/**
 * Sends tasks back whose ticket was dead-lettered although nothing had happened to them: under a number above both the
 * row's and the ticket's, uncharged, with the reason. Their due time stays, so that a forged ticket runs nothing early.
 * Running ones and rows that moved on are left alone.
 */
export async function returnBystanders(
  executor: Executor,
  bystanders: readonly (Ticket & { readonly reason: string })[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ task_id: string }>`
    with wanted as (
      select * from unnest(${bystanders.map((one) => one.taskId)}::uuid[], ${bystanders.map((one) => one.number)}::int[],
        ${bystanders.map((one) => one.reason)}::text[]) as w (task_id, number, reason)
    ),
    locked as (
      select o.task_id, w.number, w.reason from open_tasks o join wanted w on w.task_id = o.task_id and o.number <= w.number
      where ${ofTasks(bystanders)} and o.token is null
      order by o.task_id for update of o
    )
    update open_tasks o set number = greatest(o.number, l.number) + 1, confirmed_at = null, taken_until = null,
      publish_tries = 0, return_reason = l.reason
    from locked l where o.task_id = l.task_id and ${ofTasks(bystanders)} and o.token is null and o.number <= l.number
    returning o.task_id`.execute(executor)
  return new Set(rows.map((row) => row.task_id))
}
