import { sql } from 'kysely'
import type { Executor } from './ledger.ts'
import { withdrawConfirms } from './release-unseen-tickets.ts'

export interface LostQueues {
  readonly lanes: readonly string[]
  /** With it, what was on its way to the recorder. */
  readonly isErrorQueueLost: boolean
}

/**
 * Notes that whatever these queues held until now is gone. Written before a missing queue is declared anew, since nobody
 * can see afterwards that it had been missing. A dispatcher then does what follows: see `releaseDoubted`, `takeCarriedDoubt`.
 */
export async function doubtQueues(
  executor: Executor,
  { lanes, isErrorQueueLost }: LostQueues,
): Promise<void> {
  await sql`
    with known as (select name from lanes where name = any(${lanes}::text[]) order by name for update),
    carried as (update reconciliation set carried_doubted_at = now() where ${isErrorQueueLost})
    update lanes set doubted_at = now() where name in (select name from known)`.execute(executor)
}

/**
 * How many milliseconds ago the error queue was lost, once after it was; else null. Whatever was carried then does not
 * arrive any more; what has failed since is on its way through the new queue.
 */
export async function takeCarriedDoubt(executor: Executor): Promise<number | null> {
  const { rows } = await sql<{ ms: number }>`
    with doubted as (
      select carried_doubted_at from reconciliation where carried_doubted_at is not null for update
    ),
    taken as (update reconciliation set carried_doubted_at = null where exists (select from doubted))
    select (extract(epoch from now() - carried_doubted_at) * 1000)::float8 as ms from doubted`.execute(
    executor,
  )
  return rows[0]?.ms ?? null
}

export async function listDoubtedLanes(executor: Executor): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from lanes where doubted_at is not null order by name`.execute(executor)
  return rows.map((row) => row.name)
}

export interface DoubtedRelease {
  readonly lane: string
  /** How long after the doubt a confirm from before it may still be noted: apis note theirs a second or two late. */
  readonly settleMs: number
  readonly limit: number
}

/**
 * Lets release send again what a doubted lane's queue had held: what was confirmed before the doubt, and what an api
 * published by itself and noted soon after. Ends the doubt once that time is over and nothing is left. Repeating it after
 * a crash changes nothing, because what was sent again has been confirmed since.
 */
export async function releaseDoubted(
  executor: Executor,
  { lane, settleMs, limit }: DoubtedRelease,
): Promise<number> {
  const doubtedAt = sql`(select doubted_at from lanes where name = ${lane})`
  const settled = sql`${settleMs} * interval '1 millisecond'`
  const count = await withdrawConfirms(
    executor,
    // n.b. What release sent has at least one try, and its confirm is noted at once; only an api's own is noted late.
    sql`lane = ${lane} and (confirmed_at <= ${doubtedAt} or (publish_tries = 0 and confirmed_at <= ${doubtedAt} + ${settled}))`,
    limit,
  )
  if (count < limit)
    await sql`
      update lanes set doubted_at = null where name = ${lane} and doubted_at < now() - ${settled}`.execute(
      executor,
    )
  return count
}
