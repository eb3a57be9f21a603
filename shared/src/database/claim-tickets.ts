import { sql } from 'kysely'
import type { RetryPolicy, Ticket } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

export interface WantedTicket extends Ticket {
  /** Made by the worker, so that the same claim sent again returns the same attempt. */
  readonly token: string
}

export interface ClaimedAttempt {
  readonly taskId: string
  readonly number: number
  readonly token: string
  readonly attempt: number
  readonly tenantId: string
  readonly type: string
  readonly lane: string
  readonly input: unknown
  readonly timeoutMs: number | null
  readonly maxAttempts: number
  /** Attempts charged before this one. */
  readonly chargedAttempts: number
  /** Attempts made before the latest redrive. */
  readonly attemptsBeforeLife: number
  /** Attempts of this life that a worker died with, and those that were given back or put off. */
  readonly losses: number
  readonly returnedAttempts: number
  readonly startedAt: Date
  /** What of its type's retry policy is otherwise for this task. */
  readonly retry: Partial<RetryPolicy> | null
  /** How long ago the task's life began, and how long until its deadline: at the claim, by the ledger's clock. */
  readonly lifeAgeMs: number
  readonly timeLeftMs: number | null
}

export interface Claim {
  readonly workerId: string
  /** The types that the worker has; others stay unclaimed. */
  readonly types: readonly string[]
  /** Distinct tasks. */
  readonly tickets: readonly WantedTicket[]
}

/**
 * Starts attempts for the tickets that may start: current number, due, not running, before their deadline, of a type
 * that the worker has, and only while the worker's lease holds. The rest is simply absent from the answer. Locks open rows in id order.
 * If the worker dies after the commit, rescue finds its open attempts; repeated with the same tokens it returns them again.
 */
export async function claimTickets(executor: Executor, claim: Claim): Promise<readonly ClaimedAttempt[]> {
  const { tickets } = claim
  const { rows } = await sql<ClaimedAttempt>`
    with wanted as (
      select * from unnest(${tickets.map((ticket) => ticket.taskId)}::uuid[], ${tickets.map((ticket) => ticket.number)}::int[],
        ${tickets.map((ticket) => ticket.token)}::uuid[]) as w (task_id, number, token)
    ),
    locked as (
      select o.task_id, w.token from open_tasks o join wanted w on w.task_id = o.task_id and w.number = o.number
      where ${ofTasks(tickets)} and (o.token is null or o.token = w.token) and o.due_at <= now() and o.type = any(${claim.types}::text[])
        and (o.token = w.token or o.expires_at is null or o.expires_at > now())
        and exists (select from workers where id = ${claim.workerId} and state = 'running' and lease_until > now())
      order by o.task_id for update of o
    ),
    claimed as (
      update open_tasks o set worker_id = ${claim.workerId}, token = l.token,
        attempt = case when o.token is null then o.attempt + 1 else o.attempt end,
        started_at = coalesce(o.started_at, now()), taken_until = null, unhandled_since = null, return_reason = null
      from locked l where o.task_id = l.task_id and ${ofTasks(tickets)} and (o.token is null or o.token = l.token)
      returning o.*
    )
    select c.task_id as "taskId", c.number, c.token, c.attempt, c.tenant_id as "tenantId", c.type, c.lane, t.input,
      t.timeout_ms as "timeoutMs", t.max_attempts as "maxAttempts", c.charged_attempts as "chargedAttempts",
      c.attempts_before_life as "attemptsBeforeLife", c.losses,
      c.returned_attempts as "returnedAttempts", c.started_at as "startedAt", t.retry,
      (extract(epoch from now() - c.life_began_at) * 1000)::float8 as "lifeAgeMs",
      (extract(epoch from c.expires_at - now()) * 1000)::float8 as "timeLeftMs"
    from claimed c join tasks t on t.id = c.task_id`.execute(executor)
  return rows
}
