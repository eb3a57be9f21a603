import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface NewGroupNote {
  readonly id: string
  readonly tenantIds: readonly string[]
  readonly fingerprint: string
  readonly author: string
  readonly text: string
}

/** Keeps a note with the groups of a fault, one of each of these tenants, and audits it. False when there is no such group. */
export async function addGroupNote(executor: Executor, note: NewGroupNote): Promise<boolean> {
  const { rows } = await sql`
    with noted as (
      insert into group_notes (tenant_id, fingerprint, id, author, text)
      select tenant_id, fingerprint, ${note.id}, ${note.author}, ${note.text} from dead_letter_groups
      where fingerprint = ${note.fingerprint} and tenant_id = any(${note.tenantIds}::uuid[])
      on conflict do nothing
      returning tenant_id, fingerprint, id
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, details)
      select new_task_id(), tenant_id, ${note.author}, 'group.noted', jsonb_build_object('fingerprint', fingerprint, 'noteId', id)
      from noted
    )
    select tenant_id from noted`.execute(executor)
  return rows.length > 0
}
