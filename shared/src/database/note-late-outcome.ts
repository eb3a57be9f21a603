import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/** Keeps what an attempt came to after it had been taken away: a note on the attempt, never the task's outcome. */
export async function noteLateOutcome(
  executor: Executor,
  late: { readonly taskId: string; readonly token: string; readonly note: Record<string, unknown> },
): Promise<void> {
  await sql`
    update attempts set note = ${JSON.stringify(late.note)}::jsonb
    where task_id = ${late.taskId} and token = ${late.token} and note is null`.execute(executor)
}
