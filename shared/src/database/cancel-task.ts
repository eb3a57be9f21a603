import { sql } from 'kysely'
import type { EndedState } from '../task/index.ts'
import { callbackInsertions } from './callback-insertions.ts'
import type { Executor } from './ledger.ts'

export interface Cancellation {
  readonly tenantId: string
  readonly id: string
  readonly auditId: string
  readonly actor: string
  readonly reason: string | null
  readonly requestId?: string | null
}

/**
 * Ends an open task as cancelled, whatever it is doing: a running attempt is closed and its handler hears of it by its
 * next look. Returns the state that the task had ended in before, or null when this call cancelled it; `undefined` for
 * a task that the tenant does not have. Locks the open row, then the task.
 */
export async function cancelTask(
  executor: Executor,
  cancellation: Cancellation,
): Promise<EndedState | null | undefined> {
  for (let look = 1; look <= MAX_LOOKS; look += 1) {
    const found = await cancelOrLook(executor, cancellation)
    if (found === undefined) return undefined
    if (found.isCancelled) return null
    // n.b. A statement that waited for another's ending still shows the task as it was before: the next one sees the end.
    if (found.state !== null) return found.state
  }
  throw new Error(`Task ${cancellation.id} has neither ended nor an open row.`)
}

// Two are needed when an ending is under way; a redrive in between may need one more.
const MAX_LOOKS = 4

interface Found {
  readonly isCancelled: boolean
  readonly state: EndedState | null
}

async function cancelOrLook(executor: Executor, cancellation: Cancellation): Promise<Found | undefined> {
  const { tenantId, id, auditId, actor, reason, requestId = null } = cancellation
  const { rows } = await sql<Found>`
    with closed as (
      delete from open_tasks where task_id = ${id} and tenant_id = ${tenantId} returning *
    ),
    ended as (
      update tasks t set state = 'cancelled', number = c.number, attempt = c.attempt, charged_attempts = c.charged_attempts,
        started_at = c.started_at, progress = c.progress, finished_at = now()
      from closed c where t.id = c.task_id
      returning t.*
    ),
    ${callbackInsertions(sql`ended`)},
    recorded as (
      insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged, progress)
      select task_id, attempt, tenant_id, number, token, worker_id, started_at, now(), 'cancelled', false, progress
      from closed where token is not null
    ),
    listed as (
      insert into rare_endings (tenant_id, state, task_id) select tenant_id, 'cancelled', task_id from closed
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, task_id, reason, details)
      select ${auditId}, tenant_id, ${actor}, 'task.cancelled', task_id, ${reason}::text,
        jsonb_strip_nulls(jsonb_build_object('requestId', ${requestId}::text))
      from closed
    )
    select exists (select from closed) as "isCancelled", t.state
    from tasks t where t.id = ${id} and t.tenant_id = ${tenantId}`.execute(executor)
  return rows[0]
}
