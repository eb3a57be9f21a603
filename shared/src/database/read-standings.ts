import { sql } from 'kysely'
import { standingKey, type Ticket, type TicketStanding } from '../task/index.ts'
import type { Executor } from './ledger.ts'

export interface KnownStanding extends TicketStanding {
  readonly unhandledForMs: number
}

/**
 * What the ledger knows about the tasks of these tickets, for the judgement of those that claimed nothing and of what
 * the error queue brings. Tasks that do not exist are absent. Reads only.
 */
export async function readStandings(
  executor: Executor,
  tickets: readonly Ticket[],
): Promise<ReadonlyMap<string, KnownStanding>> {
  const { rows } = await sql<KnownStanding & { ticketNumber: number }>`
    select t.id as "taskId", w.number as "ticketNumber", t.state as ended, coalesce(o.number, t.number) as number, t.type,
      o.token is not null as "isRunning", coalesce(o.due_at <= now(), false) as "isDue",
      coalesce(o.expires_at <= now(), false) as "isExpired", d.state as "deadLetter",
      coalesce(extract(epoch from now() - o.unhandled_since) * 1000, 0)::float8 as "unhandledForMs"
    from unnest(${tickets.map((ticket) => ticket.taskId)}::uuid[], ${tickets.map((ticket) => ticket.number)}::int[])
      as w (task_id, number)
    join tasks t on t.id = w.task_id
    left join open_tasks o on o.task_id = t.id
    left join dead_letters d on d.task_id = w.task_id and d.number = w.number`.execute(executor)
  return new Map(rows.map((row) => [standingKey({ taskId: row.taskId, number: row.ticketNumber }), row]))
}
