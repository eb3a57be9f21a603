import { sql, type SqlBool } from 'kysely'
import type { DeadLetterFilter } from '../filter/index.ts'
import { boundPage, type PageRow } from './bound-page.ts'
import { findDeadLetterIds } from './find-dead-letter-ids.ts'
import type { Executor } from './ledger.ts'
import { DEAD_LETTER_BYTES, type DeadLetterView, selectDeadLetters } from './select-dead-letters.ts'

export interface DeadLetterPage {
  readonly tenantIds: readonly string[]
  readonly filter: DeadLetterFilter
  readonly limit: number
  readonly beforeId?: string
  readonly maxBytes?: number
}

export type ListedDeadLetter = DeadLetterView & PageRow

/** A page of these tenants' dead letters, newest first. */
export async function listDeadLetters(executor: Executor, page: DeadLetterPage): Promise<ListedDeadLetter[]> {
  const ids = await findDeadLetterIds(executor, page)
  if (ids.length === 0) return []
  const candidates = executor
    .selectFrom('dead_letters as d')
    .select(['d.id', DEAD_LETTER_BYTES.as('bytes')])
    .where(sql<SqlBool>`d.id = any(${ids}::uuid[])`)
  return await selectDeadLetters(executor)
    .innerJoin(boundPage({ candidates, order: sql`c.id desc`, maxBytes: page.maxBytes }), 'p.id', 'd.id')
    .select('p.isFollowed')
    .orderBy('d.id', 'desc')
    .execute()
}
