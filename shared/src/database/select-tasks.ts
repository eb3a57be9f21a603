import { sql } from 'kysely'
import type { RetryPolicy, TaskError, TaskProgress, TaskState } from '../task/index.ts'
import { jsonBytes } from './bound-page.ts'
import type { Executor } from './ledger.ts'
import { sensitiveOf } from './sensitive-of.ts'
import { tenantName } from './tenant-name.ts'

/** A task as it stands: its row, with the open row's view of it while it has not ended. */
export interface TaskView {
  readonly id: string
  readonly tenantId: string
  /** Its tenant's name. */
  readonly tenant: string
  readonly type: string
  readonly lane: string
  readonly state: TaskState
  readonly input: unknown
  readonly result: unknown
  readonly error: TaskError | null
  readonly progress: TaskProgress | null
  /** The latest attempt's number, 0 before the first. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly chargedAttempts: number
  readonly number: number
  readonly tags: string[]
  readonly timeoutMs: number | null
  readonly retry: Partial<RetryPolicy> | null
  readonly user: string | null
  readonly callbackUrl: string | null
  readonly createdAt: Date
  /** When it may run, or might: the next due time of an open task. */
  readonly runAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly expiresAt: Date | null
  /** When it might run first, as it was submitted. */
  readonly firstRunAt: Date
  /** When RabbitMQ confirmed its current ticket; null where it did not, or nobody noted it. */
  readonly confirmedAt: Date | null
  readonly workerId: string | null
  readonly returnReason: string | null
  readonly losses: number | null
  /** Paths into the input that its type wants masked. */
  readonly sensitive: string[]
}

// Keep together with OPEN_STATES in shared/src/task: every combination of an open row has exactly one word.
const STATE = sql<TaskState>`case
  when t.state is not null then t.state
  when o.token is not null then 'running'
  when o.confirmed_at is not null then 'queued'
  when o.due_at > now() then case when o.attempt = 0 then 'scheduled' else 'retrying' end
  else 'waiting' end`

/** About what a task takes in an answer, over `t`. */
export const TASK_BYTES = sql<number>`${jsonBytes(sql`t.input`)} + ${jsonBytes(sql`t.result`)} + ${jsonBytes(sql`t.error`)}`

/** All columns of a task view; callers add their conditions on `t` (tasks) and `o` (open_tasks). Read-only. */
export function selectTasks(executor: Executor) {
  return executor
    .selectFrom('tasks as t')
    .leftJoin('open_tasks as o', 'o.task_id', 't.id')
    .select([
      't.id',
      't.tenant_id as tenantId',
      't.type',
      't.input',
      't.result',
      't.error',
      't.tags',
      't.timeout_ms as timeoutMs',
      't.retry',
      't.for_user as user',
      't.callback_url as callbackUrl',
      't.max_attempts as maxAttempts',
      't.created_at as createdAt',
      't.finished_at as finishedAt',
      't.run_at as firstRunAt',
      'o.confirmed_at as confirmedAt',
      'o.worker_id as workerId',
      'o.return_reason as returnReason',
      'o.losses',
    ])
    .select(() => [
      STATE.as('state'),
      tenantName('t').as('tenant'),
      sql<string>`coalesce(o.lane, t.lane)`.as('lane'),
      sql<TaskProgress | null>`coalesce(o.progress, t.progress)`.as('progress'),
      sql<number>`coalesce(o.attempt, t.attempt)`.as('attempt'),
      sql<number>`coalesce(o.charged_attempts, t.charged_attempts)`.as('chargedAttempts'),
      sql<number>`coalesce(o.number, t.number)`.as('number'),
      sql<Date>`coalesce(o.due_at, t.run_at)`.as('runAt'),
      sql<Date | null>`case when t.state is null then o.started_at else t.started_at end`.as('startedAt'),
      // A life that began after the task's deadline has none.
      sql<Date | null>`case when t.state is null then o.expires_at else t.expires_at end`.as('expiresAt'),
      sensitiveOf(sql`t.type`).as('sensitive'),
    ])
}
