import type { Executor } from './ledger.ts'

export interface GroupNote {
  readonly id: string
  readonly at: Date
  readonly author: string
  readonly text: string
}

const MAX_NOTES = 1_000

/** What operators wrote about a fault, oldest first; a note of several tenants once. */
export function listGroupNotes(
  executor: Executor,
  { tenantIds, fingerprint }: { readonly tenantIds: readonly string[]; readonly fingerprint: string },
): Promise<GroupNote[]> {
  return executor
    .selectFrom('group_notes')
    .distinctOn('id')
    .select(['id', 'at', 'author', 'text'])
    .where('fingerprint', '=', fingerprint)
    .where('tenant_id', 'in', tenantIds)
    .orderBy('id')
    .limit(MAX_NOTES)
    .execute()
}
