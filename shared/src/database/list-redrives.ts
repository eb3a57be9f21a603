import type { Executor } from './ledger.ts'
import { type RedriveView, selectRedrives } from './select-redrives.ts'

export interface RedrivePage {
  /** Who planned them; null: whoever, for whoever runs the installation. */
  readonly tenantId: string | null
  readonly limit: number
  readonly beforeId?: string
}

/** A page of the redrives that a tenant planned, newest first. */
export function listRedrives(
  executor: Executor,
  { tenantId, limit, beforeId }: RedrivePage,
): Promise<RedriveView[]> {
  let query = selectRedrives(executor).orderBy('r.id', 'desc').limit(limit)
  if (tenantId !== null) query = query.where('r.tenant_id', '=', tenantId)
  if (beforeId !== undefined) query = query.where('r.id', '<', beforeId)
  return query.execute()
}
