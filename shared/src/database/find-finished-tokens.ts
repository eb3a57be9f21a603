import { sql } from 'kysely'
import type { AttemptsTable, Executor } from './ledger.ts'

/**
 * How attempts ended that a finish did not find open, by token: the finish's own earlier commit whose answer was lost,
 * or what took the attempt away. Absent tokens have no record yet.
 */
export async function findFinishedTokens(
  executor: Executor,
  attempts: readonly { readonly taskId: string; readonly attempt: number; readonly token: string }[],
): Promise<ReadonlyMap<string, AttemptsTable['outcome']>> {
  const { rows } = await sql<{ token: string; outcome: AttemptsTable['outcome'] }>`
    select a.token, a.outcome from attempts a
    join unnest(${attempts.map((one) => one.taskId)}::uuid[], ${attempts.map((one) => one.attempt)}::int[],
      ${attempts.map((one) => one.token)}::uuid[]) as w (task_id, attempt, token)
      on a.task_id = w.task_id and a.attempt = w.attempt and a.token = w.token`.execute(executor)
  return new Map(rows.map((row) => [row.token, row.outcome]))
}
