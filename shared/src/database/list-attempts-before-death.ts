import { sql } from 'kysely'
import type { Executor } from './ledger.ts'
import type { AttemptView } from './list-attempts.ts'

// What a page of dead letters shows of each; a task with more of them tells the rest itself.
export const NEWEST_ATTEMPTS = 100

/**
 * The attempts of each dead letter's task up to that death, in order, by the dead letter's id. Foreign ones are absent. The
 * caller has been shown these dead letters, and attempts are those of their own tenant.
 */
export async function listAttemptsBeforeDeath(
  executor: Executor,
  deadLetterIds: readonly string[],
): Promise<ReadonlyMap<string, readonly AttemptView[]>> {
  const { rows } = await sql<AttemptView & { deadLetterId: string }>`
    select d.id as "deadLetterId", a.attempt, a.number, a.outcome, a.is_charged as "isCharged", a.worker_id as "workerId",
      w.host, w.version as "workerVersion", a.started_at as "startedAt", a.ended_at as "endedAt", a.error, a.progress,
      a.decision, a.note, a.evidence
    from dead_letters d
    cross join lateral (
      select * from attempts
      where task_id = d.task_id and number <= d.number and tenant_id = d.tenant_id
      order by attempt desc limit ${NEWEST_ATTEMPTS}
    ) as a
    left join workers w on w.id = a.worker_id
    where d.id = any(${deadLetterIds}::uuid[])
    order by d.id, a.attempt`.execute(executor)
  return Map.groupBy(rows, (row) => row.deadLetterId)
}
