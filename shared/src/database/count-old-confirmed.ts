import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface OldConfirmed {
  /** Confirmed longer than `olderThanMs` ago. */
  readonly old: number
  /** Of these, those that also waited `longMs`, doubled with each time that they were sent before. */
  readonly overdue: number
}

export interface OldConfirmedQuestion {
  readonly lane: string
  readonly olderThanMs: number
  readonly longMs: number
  /** How many of the lane's due tasks are looked at, oldest first: release goes in that order, so confirmed ones are among them. */
  readonly amongOldest: number
}

/** A ticket that was sent often is doubted ever later, so that a wrong doubt cannot fill its queue. Up to 64 times. */
export const isOverdue = (longMs: number) =>
  sql<boolean>`confirmed_at < now() - ${longMs} * interval '1 millisecond' * (2 ^ least(greatest(publish_tries - 1, 0), 6))`

/** Tickets that the broker confirmed a while ago and that are still not running, of one lane. */
export async function countOldConfirmed(
  executor: Executor,
  { lane, olderThanMs, longMs, amongOldest }: OldConfirmedQuestion,
): Promise<OldConfirmed> {
  const { rows } = await sql<OldConfirmed>`
    select count(*) filter (where confirmed_at < now() - ${olderThanMs} * interval '1 millisecond')::int as old,
      count(*) filter (where ${isOverdue(longMs)})::int as overdue
    from (
      select token, confirmed_at, publish_tries from open_tasks
      where lane = ${lane} and due_at <= now() order by due_at, task_id limit ${amongOldest}
    ) as oldest
    where token is null`.execute(executor)
  return rows[0] ?? { old: 0, overdue: 0 }
}
