import { sql } from 'kysely'
import type { CrashEvidence, TaskError } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

export interface Rescheduling {
  readonly taskId: string
  readonly token: string
  readonly outcome: 'failed' | 'timed_out' | 'returned' | 'run_later'
  readonly isCharged: boolean
  /** From now until the task is due again. */
  readonly delayMs: number
  readonly error: TaskError | null
  /** Why, in words. */
  readonly decision: string
  /** What was seen of the process that died with the attempt. */
  readonly evidence?: CrashEvidence | null
  /** The attempt says nothing of whether its task kills workers; one that was given back never does. */
  readonly isUntried?: boolean
}

/**
 * Ends attempts whose tasks go on: a retry after a failure, a handler that asked to run later, work given back by a
 * stopping worker. The open row takes the next number, so the ticket in hand is void. Returns the tokens that did.
 * Whoever got as far as an outcome of its own is no suspect any more: its losses are forgotten.
 * Locks open rows in id order. If the worker dies before it acknowledges, the ticket comes again and is dropped as void.
 */
export async function rescheduleAttempts(
  executor: Executor,
  reschedulings: readonly Rescheduling[],
): Promise<ReadonlySet<string>> {
  const column = <T>(pick: (rescheduling: Rescheduling) => T): T[] => reschedulings.map(pick)
  const { rows } = await sql<{ token: string }>`
    with done as (
      select * from unnest(
        ${column((one) => one.taskId)}::uuid[], ${column((one) => one.token)}::uuid[], ${column((one) => one.outcome)}::text[],
        ${column((one) => one.isCharged)}::boolean[], ${column((one) => one.delayMs)}::float8[],
        ${column((one) => textOf(one.error))}::text[], ${column((one) => one.decision)}::text[],
        ${column((one) => textOf(one.evidence))}::text[], ${column((one) => one.isUntried ?? one.outcome === 'returned')}::boolean[]
      ) as d (task_id, token, outcome, is_charged, delay_ms, error, decision, evidence, is_untried)
    ),
    locked as (
      select o.*, d.outcome, d.is_charged, d.delay_ms, d.error, d.decision, d.evidence, d.is_untried
      from open_tasks o join done d on d.task_id = o.task_id and d.token = o.token
      where ${ofTasks(reschedulings)}
      order by o.task_id for update of o
    ),
    moved as (
      update open_tasks o set number = o.number + 1, due_at = now() + l.delay_ms * interval '1 millisecond',
        charged_attempts = o.charged_attempts + l.is_charged::int,
        -- Losses that are forgotten stay attempts that were no failures.
        returned_attempts = o.returned_attempts + (not l.is_charged)::int + case when l.is_untried then 0 else o.losses end,
        worker_id = null, token = null, started_at = null,
        confirmed_at = null, taken_until = null, publish_tries = 0, progress = null,
        losses = case when l.is_untried then o.losses else 0 end,
        return_reason = case when l.is_charged then null else l.decision end
      from locked l where o.task_id = l.task_id and ${ofTasks(reschedulings)} and o.token = l.token
      returning l.*
    ),
    recorded as (
      insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged,
        error, progress, decision, evidence)
      select task_id, attempt, tenant_id, number, token, worker_id, started_at, now(), outcome, is_charged, error::jsonb,
        progress, decision, evidence::jsonb
      from moved
    )
    select token from moved`.execute(executor)
  return new Set(rows.map((row) => row.token))
}

function textOf(value: TaskError | CrashEvidence | null | undefined): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}
