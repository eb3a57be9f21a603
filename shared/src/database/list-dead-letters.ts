import { sql } from 'kysely'
import type { DeadLetterState } from '../task/index.ts'
import { boundPage, type PageRow } from './bound-page.ts'
import type { Executor } from './ledger.ts'
import { DEAD_LETTER_BYTES, type DeadLetterView, selectDeadLetters } from './select-dead-letters.ts'

export interface DeadLetterFilter {
  /** Any of these; every state when absent. */
  readonly states?: readonly DeadLetterState[]
  readonly type?: string
  readonly lane?: string
  readonly reason?: string
  readonly fingerprint?: string
  readonly taskId?: string
  readonly isForeign?: boolean
  readonly diedAfter?: Date
  readonly diedBefore?: Date
}

export interface DeadLetterPage {
  readonly tenantId: string
  readonly filter: DeadLetterFilter
  readonly limit: number
  readonly beforeId?: string
  readonly maxBytes?: number
}

export type ListedDeadLetter = DeadLetterView & PageRow

/** A page of a tenant's dead letters, newest first. */
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

function findCandidates(executor: Executor, { tenantId, filter, limit, beforeId }: DeadLetterPage) {
  let query = executor
    .selectFrom('dead_letters as d')
    .select(['d.id', DEAD_LETTER_BYTES.as('bytes')])
    .where('d.tenant_id', '=', tenantId)
    .orderBy('d.id', 'desc')
    .limit(limit)
  if (beforeId !== undefined) query = query.where('d.id', '<', beforeId)
  if (filter.states !== undefined) query = query.where('d.state', 'in', filter.states)
  if (filter.type !== undefined) query = query.where('d.type', '=', filter.type)
  if (filter.lane !== undefined) query = query.where('d.lane', '=', filter.lane)
  if (filter.reason !== undefined) query = query.where('d.reason', '=', filter.reason)
  if (filter.fingerprint !== undefined) query = query.where('d.fingerprint', '=', filter.fingerprint)
  if (filter.taskId !== undefined) query = query.where('d.task_id', '=', filter.taskId)
  if (filter.isForeign !== undefined)
    query = query.where('d.task_id', filter.isForeign ? 'is' : 'is not', null)
  if (filter.diedAfter !== undefined) query = query.where('d.died_at', '>=', filter.diedAfter)
  if (filter.diedBefore !== undefined) query = query.where('d.died_at', '<', filter.diedBefore)
  return query
}
