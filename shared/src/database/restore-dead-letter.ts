import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface Restoration {
  readonly tenantId: string
  readonly deadLetterId: string
  readonly auditId: string
  readonly actor: string
  readonly reason: string | null
  readonly requestId: string | null
}

/** Opens a discarded dead letter again and audits it. False when it is not discarded: somebody else was quicker. */
export async function restoreDeadLetter(executor: Executor, restoration: Restoration): Promise<boolean> {
  const { tenantId, deadLetterId, auditId, actor, reason, requestId } = restoration
  const { rows } = await sql<{ id: string }>`
    with restored as (
      update dead_letters set state = 'open', closed_at = null, closed_by = null, closing_reason = null
      where id = ${deadLetterId} and tenant_id = ${tenantId} and state = 'discarded'
      returning id, tenant_id, task_id
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, task_id, dead_letter_id, reason, details)
      select ${auditId}, tenant_id, ${actor}, 'dead_letter.restored', task_id, id, ${reason}::text,
        jsonb_strip_nulls(jsonb_build_object('requestId', ${requestId}::text))
      from restored
    )
    select id from restored`.execute(executor)
  return rows.length > 0
}
