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

/** What was done to a task, or to a dead letter that has none. */
export type AuditSubject =
  | { readonly tenantId: string; readonly taskId: string }
  | { readonly tenantId: string; readonly deadLetterId: string }

/** Of a task that was looked at for years, the latest acts tell the story. */
const MAX_ENTRIES = 1_000

/** What operators did to something, oldest first. */
export async function listAuditEntries(executor: Executor, subject: AuditSubject): Promise<AuditEntryView[]> {
  const query = executor
    .selectFrom('audit_entries')
    .select(['id', 'at', 'actor', 'action', 'dead_letter_id as deadLetterId', 'reason', 'details'])
    .where('tenant_id', '=', subject.tenantId)
    .orderBy('id', 'desc')
    .limit(MAX_ENTRIES)
  const entries =
    'taskId' in subject
      ? await query.where('task_id', '=', subject.taskId).execute()
      : await query.where('dead_letter_id', '=', subject.deadLetterId).execute()
  return entries.reverse()
}
