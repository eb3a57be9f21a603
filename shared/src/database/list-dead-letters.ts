import { sql } from 'kysely'
import type { DeadLetterFilter } from '../filter/index.ts'
import { boundPage, type PageRow } from './bound-page.ts'
import type { Executor } from './ledger.ts'
import { matchDeadLetters } from './match-dead-letters.ts'
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
export function listDeadLetters(executor: Executor, page: DeadLetterPage): Promise<ListedDeadLetter[]> {
  return selectDeadLetters(executor)
    .innerJoin(
      boundPage({
        candidates: findCandidates(executor, page),
        order: sql`c.id desc`,
        maxBytes: page.maxBytes,
      }),
      'p.id',
      'd.id',
    )
    .select('p.isFollowed')
    .orderBy('d.id', 'desc')
    .execute()
}

function findCandidates(executor: Executor, { tenantIds, filter, limit, beforeId }: DeadLetterPage) {
  const query = matchDeadLetters(executor, { tenantIds, filter })
    .select(['d.id', DEAD_LETTER_BYTES.as('bytes')])
    .orderBy('d.id', 'desc')
    .limit(limit)
  return beforeId === undefined ? query : query.where('d.id', '<', beforeId)
}
