import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/** Answers when the ledger does; throws what the driver says otherwise. */
export async function ping(executor: Executor): Promise<void> {
  await sql`select 1`.execute(executor)
}
