import { sql } from 'kysely'
import type { EndedState } from '../task/index.ts'
import type { Executor } from './ledger.ts'

/** Which of these tasks have ended; one statement for all the requests that wait. */
export async function findEndings(
  executor: Executor,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly state: EndedState }[]> {
  const { rows } = await sql<{ id: string; state: EndedState }>`
    select id, state from tasks where id = any(${ids}::uuid[]) and state is not null`.execute(executor)
  return rows
}
