import { sql } from 'kysely'
import type { Executor } from './ledger.ts'
import { redriveParts } from './redrive-parts.ts'

export interface Redrive {
  readonly tenantId: string
  readonly deadLetterId: string
  readonly auditId: string
  readonly actor: string
  readonly reason: string | null
  /** The edited input as JSON text; null keeps it. */
  readonly input: string | null
  readonly lane: string | null
  /** Attempts of the new life; null gives the task's own budget again. */
  readonly attempts: number | null
}

export interface RedrivenTask {
  readonly taskId: string
  readonly number: number
}

/**
 * Sends one failed task back for a new life, in one statement: see `redriveParts`. Null when the dead letter is not open
 * (or not the tenant's, or foreign): of two operators one wins. Release publishes the ticket, so nothing is lost if the
 * caller stops right after the commit.
 */
export async function redriveDeadLetter(executor: Executor, redrive: Redrive): Promise<RedrivenTask | null> {
  const { rows } = await sql<RedrivenTask>`
    with wanted as (
      select id as dead_letter_id, ${redrive.auditId}::uuid as audit_id, ${redrive.input}::text as input
      from dead_letters where id = ${redrive.deadLetterId} and tenant_id = ${redrive.tenantId}
    ),
    ${redriveParts({ ...redrive, redriveId: null })}
    select task_id as "taskId", number from opened`.execute(executor)
  return rows[0] ?? null
}
