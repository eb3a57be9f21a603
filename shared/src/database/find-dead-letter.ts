import type { Executor } from './ledger.ts'
import { type DeadLetterView, selectDeadLetters } from './select-dead-letters.ts'

export interface DeadLetterKey {
  /** Null: of whichever tenant, for whoever runs the installation. */
  readonly tenantId: string | null
  readonly id: string
}

/** One dead letter; null where there is none, or it is not this tenant's. */
export async function findDeadLetter(
  executor: Executor,
  { tenantId, id }: DeadLetterKey,
): Promise<DeadLetterView | null> {
  const query = selectDeadLetters(executor).where('d.id', '=', id)
  const owned = tenantId === null ? query : query.where('d.tenant_id', '=', tenantId)
  const row = await owned.executeTakeFirst()
  return row ?? null
}
