import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface DeadLetterCounts {
  readonly carried: number
  readonly open: number
}

/** Dead letters that wait for an operator, or are on their way; of one tenant or of all. */
export async function countDeadLetters(
  executor: Executor,
  tenantId: string | null,
): Promise<DeadLetterCounts> {
  const { rows } = await sql<DeadLetterCounts>`
    select count(*) filter (where state = 'carried')::int as carried, count(*) filter (where state = 'open')::int as open
    from dead_letters
    where state in ('carried', 'open') and (${tenantId}::uuid is null or tenant_id = ${tenantId}::uuid)`.execute(
    executor,
  )
  return rows[0] ?? { carried: 0, open: 0 }
}
