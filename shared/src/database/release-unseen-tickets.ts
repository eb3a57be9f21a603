import { type RawBuilder, sql } from 'kysely'
import type { Executor } from './ledger.ts'
import { isOverdue } from './count-old-confirmed.ts'

export interface UnseenTickets {
  readonly lane: string
  readonly olderThanMs: number
  /** Given when only tickets count that waited so long, doubled with each time that they were sent. */
  readonly longMs: number | null
  readonly limit: number
}

/**
 * Lets release send the oldest confirmed tickets again, under the same numbers: the broker holds fewer messages than were
 * confirmed. A wrong guess costs one void ticket each. Returns how many; whoever stops after it has lost nothing, since
 * they wait like any other due task.
 */
export async function releaseUnseenTickets(
  executor: Executor,
  { lane, olderThanMs, longMs, limit }: UnseenTickets,
): Promise<number> {
  const isOld =
    longMs === null
      ? sql<boolean>`confirmed_at < now() - ${olderThanMs} * interval '1 millisecond'`
      : isOverdue(longMs)
  return await withdrawConfirms(executor, sql`lane = ${lane} and ${isOld}`, limit)
}

/** Takes back the confirms of at most `limit` rows, oldest first. Locks in id order; leaves running tasks alone. */
export async function withdrawConfirms(
  executor: Executor,
  isDoubted: RawBuilder<unknown>,
  limit: number,
): Promise<number> {
  const result = await sql`
    with doubted as (
      select task_id from open_tasks where token is null and confirmed_at is not null and ${isDoubted}
      order by confirmed_at, task_id limit ${limit}
    ),
    locked as (
      select task_id from open_tasks
      -- By key whatever the statistics say: see ofTasks.
      where task_id = any(array(select task_id from doubted)) and token is null and confirmed_at is not null and ${isDoubted}
      order by task_id for update
    )
    update open_tasks o set confirmed_at = null, taken_until = null
    where o.task_id = any(array(select task_id from locked))`.execute(executor)
  return Number(result.numAffectedRows ?? 0)
}
