import type { Executor } from './ledger.ts'
import { type RedriveView, selectRedrives } from './select-redrives.ts'

export interface RedriveKey {
  /** Who planned it; null: whoever, for whoever runs the installation. */
  readonly tenantId: string | null
  readonly id: string
}

/** A redrive of many; null where there is none, or another tenant planned it. */
export async function findRedrive(
  executor: Executor,
  { tenantId, id }: RedriveKey,
): Promise<RedriveView | null> {
  const query = selectRedrives(executor).where('r.id', '=', id)
  const owned = tenantId === null ? query : query.where('r.tenant_id', '=', tenantId)
  return (await owned.executeTakeFirst()) ?? null
}
