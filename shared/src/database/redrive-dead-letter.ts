import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

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
 * Sends a failed task back for a new life, in one statement: the dead letter is closed, the task is open again under the
 * next number with attempts added, an edited input keeps the old one as a revision, and the audit says who and why.
 * A deadline that is still ahead stays; one that has passed would end the new life at once, so the new life has none.
 * Null when the dead letter is not open (or not the tenant's, or foreign): of two operators one wins.
 * Release publishes the ticket, so nothing is lost if the caller stops right after the commit.
 */
export async function redriveDeadLetter(executor: Executor, redrive: Redrive): Promise<RedrivenTask | null> {
  const { rows } = await sql<RedrivenTask>`
    with closed as (
      update dead_letters set state = 'redriven', closed_at = now(), closed_by = ${redrive.actor}, closing_reason = ${redrive.reason}
      where id = ${redrive.deadLetterId} and tenant_id = ${redrive.tenantId} and state = 'open' and task_id is not null
      returning id, task_id, tenant_id
    ),
    before as (
      select t.* from tasks t join closed c on c.task_id = t.id where t.state = 'failed' for update of t
    ),
    revised as (
      insert into input_revisions (task_id, until_number, tenant_id, input)
      select id, number, tenant_id, input from before where ${redrive.input}::text is not null
    ),
    revived as (
      update tasks t set state = null, number = null, error = null, result = null, progress = null, started_at = null,
        finished_at = null, input = coalesce(${redrive.input}::jsonb, t.input), lane = coalesce(${redrive.lane}, t.lane),
        max_attempts = b.charged_attempts + coalesce(${redrive.attempts}::int, b.attempt_budget)
      from before b where t.id = b.id
      returning t.id, t.lane
    ),
    unlisted as (
      delete from rare_endings r using before b where r.tenant_id = b.tenant_id and r.state = 'failed' and r.task_id = b.id
    ),
    opened as (
      insert into open_tasks (task_id, tenant_id, lane, type, number, due_at, attempt, charged_attempts, attempts_before_life,
        expires_at)
      select b.id, b.tenant_id, r.lane, b.type, b.number + 1, now(), b.attempt, b.charged_attempts, b.attempt,
        case when b.expires_at > now() then b.expires_at end
      from before b join revived r on r.id = b.id
      returning task_id, number
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, task_id, dead_letter_id, reason, details)
      select ${redrive.auditId}, c.tenant_id, ${redrive.actor}, 'dead_letter.redriven', c.task_id, c.id, ${redrive.reason}::text,
        jsonb_build_object('edited', ${redrive.input}::text is not null, 'lane', ${redrive.lane}::text, 'attempts', ${redrive.attempts}::int)
      from closed c
    )
    select task_id as "taskId", number from opened`.execute(executor)
  return rows[0] ?? null
}
