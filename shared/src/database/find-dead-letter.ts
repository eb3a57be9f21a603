import type { Executor } from './ledger.ts'
import { type DeadLetterView, selectDeadLetters } from './select-dead-letters.ts'

/** One dead letter of a tenant; null where there is none, or it is another tenant's. */
export async function findDeadLetter(
  executor: Executor,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
): Promise<DeadLetterView | null> {
  const row = await selectDeadLetters(executor)
    .where('d.tenant_id', '=', tenantId)
    .where('d.id', '=', id)
    .executeTakeFirst()
  return row ?? null
}
