import type { Executor } from './ledger.ts'
import { type RedriveView, selectRedrives } from './select-redrives.ts'

export interface RedrivePage {
  readonly tenantIds: readonly string[]
  readonly limit: number
  readonly beforeId?: string
}

/** A page of the redrives that these tenants planned, newest first. */
export function listRedrives(
  executor: Executor,
  { tenantIds, limit, beforeId }: RedrivePage,
): Promise<RedriveView[]> {
  const query = selectRedrives(executor)
    .where('r.tenant_id', 'in', tenantIds)
    .orderBy('r.id', 'desc')
    .limit(limit)
  return (beforeId === undefined ? query : query.where('r.id', '<', beforeId)).execute()
}
