import type { Executor } from './ledger.ts'

export interface AcceptedTerms {
  readonly lane: string
  readonly attemptBudget: number
}

/**
 * What a task type gave a task at its acceptance, for the answer to a repeated submission. The budget never changes; the
 * lane is the present one, which only a redrive to another lane makes differ.
 */
export async function findAcceptedTerms(
  executor: Executor,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
): Promise<AcceptedTerms | null> {
  const row = await executor
    .selectFrom('tasks')
    .select(['lane', 'attempt_budget as attemptBudget'])
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}
