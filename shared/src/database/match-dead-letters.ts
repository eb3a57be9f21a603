import type { SelectQueryBuilder } from 'kysely'
import type { DeadLetterState } from '../task/index.ts'
import type { DeadLettersTable, Executor, Ledger } from './ledger.ts'

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

export interface DeadLetterMatch {
  /** Whose dead letters: those of a tenant, or of every tenant for whoever runs the installation. */
  readonly tenantIds: readonly string[]
  readonly filter: DeadLetterFilter
}

type MatchQuery = SelectQueryBuilder<Ledger & { d: DeadLettersTable }, 'd', object>

/** The dead letters `d` that a filter means, without columns, order or limit: for lists, counts and acts on many alike. */
export function matchDeadLetters(executor: Executor, { tenantIds, filter }: DeadLetterMatch): MatchQuery {
  let query: MatchQuery = executor.selectFrom('dead_letters as d').where('d.tenant_id', 'in', tenantIds)
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
