import { sql } from 'kysely'
import type { Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'

export interface CarriedTicket extends Ticket {
  /** What the broker says of the death. */
  readonly broker: Record<string, unknown>
}

export interface OpenedDeadLetter {
  readonly id: string
  readonly taskId: string
  readonly type: string | null
  readonly reason: string
}

/**
 * Opens the dead letters that the error queue brought, with the broker's evidence; those already open, redriven or
 * discarded stay as they are. Repeating it changes nothing. Locks in id order.
 */
export async function openDeadLetters(
  executor: Executor,
  carried: readonly CarriedTicket[],
): Promise<readonly OpenedDeadLetter[]> {
  const { rows } = await sql<OpenedDeadLetter>`
    with brought as (
      select * from unnest(${carried.map((one) => one.taskId)}::uuid[], ${carried.map((one) => one.number)}::int[],
        ${carried.map((one) => JSON.stringify(one.broker))}::text[]) as b (task_id, number, broker)
    ),
    locked as (
      select d.id, b.broker from dead_letters d join brought b on b.task_id = d.task_id and b.number = d.number
      where d.state = 'carried'
      order by d.id for update of d
    )
    update dead_letters d set state = 'open', opened_at = now(), opened_by = 'recorder', broker = l.broker::jsonb
    from locked l where d.id = l.id and d.state = 'carried'
    returning d.id, d.task_id as "taskId", d.type, d.reason`.execute(executor)
  return rows
}

/**
 * Opens dead letters that have been on their way for too long: the broker lost the ticket, or the error queue's binding.
 * A ticket that still arrives finds them open and changes nothing.
 */
export async function openOverdueDeadLetters(
  executor: Executor,
  { olderThanMs, limit }: { readonly olderThanMs: number; readonly limit: number },
): Promise<readonly OpenedDeadLetter[]> {
  const { rows } = await sql<OpenedDeadLetter>`
    with overdue as (
      select id from dead_letters where state = 'carried' and died_at < now() - ${olderThanMs} * interval '1 millisecond'
      order by id limit ${limit} for update
    )
    update dead_letters d set state = 'open', opened_at = now(), opened_by = 'reconcile'
    from overdue v where d.id = v.id and d.state = 'carried'
    returning d.id, d.task_id as "taskId", d.type, d.reason`.execute(executor)
  return rows
}
