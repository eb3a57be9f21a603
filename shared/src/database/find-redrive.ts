import type { Executor } from './ledger.ts'
import { type RedriveView, selectRedrives } from './select-redrives.ts'

export interface RedriveKey {
  readonly tenantIds: readonly string[]
  readonly id: string
}

/** A redrive of many that one of these tenants planned; null where there is none. */
export async function findRedrive(
  executor: Executor,
  { tenantIds, id }: RedriveKey,
): Promise<RedriveView | null> {
  const row = await selectRedrives(executor)
    .where('r.id', '=', id)
    .where('r.tenant_id', 'in', tenantIds)
    .executeTakeFirst()
  return row ?? null
}
