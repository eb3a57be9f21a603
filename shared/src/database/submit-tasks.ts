import { sql } from 'kysely'
import type { RetryPolicy } from '../task/index.ts'
import type { Executor } from './ledger.ts'

export interface NewTask {
  /** UUIDv7, made by the caller, so that the same submission may be sent again. */
  readonly id: string
  readonly tenantId: string
  readonly type: string
  readonly lane: string
  /** The input as JSON text. */
  readonly input: string
  readonly tags: readonly string[]
  /** When it may run: an instant, or milliseconds from the moment of acceptance. */
  readonly runAt: Date | null
  readonly delayMs: number
  readonly attemptBudget: number
  readonly timeoutMs: number | null
  /** What of the type's retry policy is otherwise for this task. */
  readonly retry: Partial<RetryPolicy> | null
  /** Not run after this instant. */
  readonly expiresAt: Date | null
  /** Where its ending is told: see `callbackInsertions`. */
  readonly callbackUrl: string | null
  readonly user: string | null
  /** So long the caller is about to publish the ticket itself; null leaves it to release. */
  readonly takenForMs: number | null
}

export interface AcceptedTask {
  readonly id: string
  readonly createdAt: Date
  readonly runAt: Date
}

export interface SubmissionKey {
  readonly tenantId: string
  readonly route: string
  readonly key: string
  readonly bodyHash: Buffer
}

/**
 * Accepts tasks: each gets its row and its open row in one statement, all or none. Sending the same ids again changes
 * nothing and returns the same rows, also when a task has ended meanwhile. Locks nothing but the new rows.
 */
export async function submitTasks(
  executor: Executor,
  tasks: readonly NewTask[],
): Promise<readonly AcceptedTask[]> {
  const { rows } = await sql<AcceptedTask>`
    with ${submission(tasks)},
    ${insertions(sql`true`)}
    select s.id, coalesce(i.created_at, t.created_at) as "createdAt", coalesce(i.run_at, t.run_at) as "runAt"
    from submitted s left join inserted i on i.id = s.id left join tasks t on t.id = s.id
    order by s.position`.execute(executor)
  return rows
}

/**
 * The same under an idempotency key, which is written in the same statement. A second submission of the key waits for the
 * first one's commit. Returns null when the key was there already: see `findSubmission`.
 */
export async function submitTasksWithKey(
  executor: Executor,
  tasks: readonly NewTask[],
  key: SubmissionKey,
): Promise<readonly AcceptedTask[] | null> {
  const ids = tasks.map((task) => task.id)
  const { rows } = await sql<AcceptedTask>`
    with remembered as (
      insert into idempotency_keys (tenant_id, route, key, body_hash, task_ids)
      values (${key.tenantId}, ${key.route}, ${key.key}, ${key.bodyHash}, ${ids}::uuid[])
      on conflict do nothing
      returning true as is_new
    ),
    ${submission(tasks)},
    ${insertions(sql`exists (select from remembered)`)}
    select s.id, i.created_at as "createdAt", i.run_at as "runAt"
    from submitted s join inserted i on i.id = s.id
    order by s.position`.execute(executor)
  return rows.length === 0 ? null : rows
}

function submission(tasks: readonly NewTask[]) {
  const column = <T>(pick: (task: NewTask) => T): T[] => tasks.map(pick)
  return sql`submitted as (
    select * from unnest(
      ${column((task) => task.id)}::uuid[], ${column((task) => task.tenantId)}::uuid[],
      ${column((task) => task.type)}::text[], ${column((task) => task.lane)}::text[],
      ${column((task) => task.input)}::text[], ${column((task) => JSON.stringify(task.tags))}::text[],
      ${column((task) => task.runAt)}::timestamptz[], ${column((task) => task.delayMs)}::float8[],
      ${column((task) => task.attemptBudget)}::int[], ${column((task) => task.timeoutMs)}::int[],
      ${column((task) => task.takenForMs)}::float8[],
      ${column((task) => (task.retry === null ? null : JSON.stringify(task.retry)))}::text[],
      ${column((task) => task.expiresAt)}::timestamptz[], ${column((task) => task.callbackUrl)}::text[],
      ${column((task) => task.user)}::text[]
    ) with ordinality
      as s (id, tenant_id, type, lane, input, tags, run_at, delay_ms, attempt_budget, timeout_ms, taken_ms,
        retry, expires_at, callback_url, for_user, position)
  )`
}

/** An open row only for a task that this statement inserted: a repeated submission must not reopen one that has ended. */
function insertions(condition: ReturnType<typeof sql>) {
  return sql`inserted as (
    insert into tasks (id, tenant_id, type, lane, input, tags, created_at, run_at, timeout_ms, attempt_budget, max_attempts,
      retry, expires_at, callback_url, for_user)
    select id, tenant_id, type, lane, input::jsonb,
      case tags when '[]' then '{}' else array(select jsonb_array_elements_text(tags::jsonb)) end,
      now(), coalesce(run_at, now() + delay_ms * interval '1 millisecond'), timeout_ms, attempt_budget, attempt_budget,
      retry::jsonb, expires_at, callback_url, for_user
    from submitted where ${condition}
    on conflict (id) do nothing
    returning id, tenant_id, type, lane, created_at, run_at, expires_at
  ),
  opened as (
    insert into open_tasks (task_id, tenant_id, lane, type, due_at, expires_at, taken_until)
    select i.id, i.tenant_id, i.lane, i.type, i.run_at, i.expires_at,
      case when i.run_at <= now() then now() + s.taken_ms * interval '1 millisecond' end
    from inserted i join submitted s on s.id = i.id
  )`
}
