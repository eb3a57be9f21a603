import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/** Of these running attempts, the tokens that no open row carries any more: cancelled or rescued meanwhile. */
export async function findTakenAway(
  executor: Executor,
  running: readonly { readonly taskId: string; readonly token: string }[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ token: string }>`
    select w.token from unnest(${running.map((one) => one.taskId)}::uuid[], ${running.map((one) => one.token)}::uuid[])
      as w (task_id, token)
    where not exists (select from open_tasks o where o.task_id = w.task_id and o.token = w.token)`.execute(
    executor,
  )
  return rows.map((row) => row.token)
}
