import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface Closing {
  readonly tenantId: string
  readonly deadLetterId: string
  readonly auditId: string
  readonly actor: string
  readonly reason: string | null
  readonly requestId?: string | null
  /** `redriven` only for foreign messages, whose bytes the caller has had confirmed; tasks go through `redriveDeadLetter`. */
  readonly state: 'discarded' | 'redriven'
}

/** Closes an open dead letter and audits it. False when it is not open: somebody else was quicker. */
export async function closeDeadLetter(executor: Executor, closing: Closing): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    with closed as (
      update dead_letters set state = ${closing.state}, closed_at = now(), closed_by = ${closing.actor}, closing_reason = ${closing.reason}
      where id = ${closing.deadLetterId} and tenant_id = ${closing.tenantId} and state = 'open'
        and (task_id is null or ${closing.state} = 'discarded')
      returning id, tenant_id, task_id
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, task_id, dead_letter_id, reason, details)
      select ${closing.auditId}, tenant_id, ${closing.actor}, 'dead_letter.' || ${closing.state}, task_id, id, ${closing.reason}::text,
        jsonb_strip_nulls(jsonb_build_object('requestId', ${closing.requestId ?? null}::text))
      from closed
    )
    select id from closed`.execute(executor)
  return rows.length > 0
}
