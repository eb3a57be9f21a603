import type { Executor } from './ledger.ts'

export interface AuditEntryView {
  readonly id: string
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly deadLetterId: string | null
  readonly reason: string | null
  readonly details: Record<string, unknown>
}

/** What operators did to a task, oldest first. */
export function listAuditEntries(
  executor: Executor,
  { tenantId, taskId }: { readonly tenantId: string; readonly taskId: string },
): Promise<AuditEntryView[]> {
  return executor
    .selectFrom('audit_entries')
    .select(['id', 'at', 'actor', 'action', 'dead_letter_id as deadLetterId', 'reason', 'details'])
    .where('tenant_id', '=', tenantId)
    .where('task_id', '=', taskId)
    .orderBy('id')
    .limit(1_000)
    .execute()
}
