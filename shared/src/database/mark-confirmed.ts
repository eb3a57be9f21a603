import { sql } from 'kysely'
import type { Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'

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
      select o.task_id, o.number from (select * from wanted order by task_id) w cross join lateral (
        -- Always by the primary key: before the table's first analysis, two tests for null look so selective
        -- that a plain join compares every open row with every wanted one.
        select task_id, number from open_tasks
        where task_id = w.task_id and number = w.number and token is null and confirmed_at is null
        for update
      ) o
    )
    update open_tasks o set confirmed_at = now(), taken_until = null
    from locked l where o.task_id = l.task_id and o.number = l.number and o.token is null`.execute(executor)
  return Number(result.numAffectedRows ?? 0)
}
