import { type RawBuilder, sql } from 'kysely'
import type { CrashEvidence, DeadLetterReason, TaskError } from '../task/index.ts'
import { callbackInsertions } from './callback-insertions.ts'
import type { Executor } from './ledger.ts'
import { ofTasks } from './of-tasks.ts'

export interface FailureRecord {
  /** UUIDv7 for the dead letter. */
  readonly deadLetterId: string
  readonly taskId: string
  readonly error: TaskError
  readonly fingerprint: string
  /** What a new group of this fingerprint is called: see `describeFault`. */
  readonly title: string
  readonly reason: DeadLetterReason
  /** The policy's words. */
  readonly decision: string
  /** How the open attempt ends, where there is one. */
  readonly outcome: 'failed' | 'timed_out' | 'lost' | 'run_later'
  readonly isCharged: boolean
  /** What was seen of the process that died with the attempt. */
  readonly evidence?: CrashEvidence | null
}

/**
 * The one statement that ends tasks as failed: open row, task, attempt, dead letter (`carried`), its group if it is the
 * first of it, callback and listing together.
 * @param guard which open rows `o` may end, given their record `f`: the fence of the caller
 * @param fence one value per record for the guard: its token or number, as text
 * Returns the ids of the tasks that ended. Locks open rows in id order. The dead letter has the ticket's number, so the
 * rejected ticket, also one that the broker delivers again after a crash, finds it in the error queue.
 */
export async function endAsFailed(
  executor: Executor,
  records: readonly FailureRecord[],
  { guard, fence }: { readonly guard: RawBuilder<unknown>; readonly fence: readonly string[] },
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ task_id: string }>`
    with ${failuresOf(records, fence)},
    locked as (
      select o.task_id, o.number from open_tasks o join failures f on f.task_id = o.task_id
      where ${ofTasks(records)} and (${guard})
      order by o.task_id for update of o
    ),
    closed as (
      delete from open_tasks o using locked l, failures f
      where o.task_id = l.task_id and f.task_id = o.task_id and ${ofTasks(records)} and (${guard})
      returning o.*, f.dead_letter_id, f.error, f.fingerprint, f.reason, f.decision, f.outcome, f.is_charged, f.title, f.evidence
    ),
    ended as (
      update tasks t set state = 'failed', number = c.number, attempt = c.attempt,
        charged_attempts = c.charged_attempts + c.is_charged::int, error = c.error::jsonb, progress = c.progress,
        started_at = c.started_at, finished_at = now()
      from closed c where t.id = c.task_id
      returning t.*
    ),
    ${callbackInsertions(sql`ended`)},
    recorded as (
      insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged,
        error, progress, decision, evidence)
      select task_id, attempt, tenant_id, number, token, worker_id, started_at, now(), outcome, is_charged, error::jsonb,
        progress, decision, evidence::jsonb
      from closed where token is not null
    ),
    listed as (
      insert into rare_endings (tenant_id, state, task_id) select tenant_id, 'failed', task_id from closed
    ),
    grouped as (
      -- In order, so that two statements with the same new groups wait for one another instead of locking both.
      insert into dead_letter_groups (tenant_id, fingerprint, title)
      select distinct on (tenant_id, fingerprint) tenant_id, fingerprint, title from closed order by tenant_id, fingerprint
      on conflict do nothing
    ),
    carried as (
      insert into dead_letters (id, tenant_id, task_id, number, state, reason, decision, type, lane, error, fingerprint, input,
        tags, for_user, attempt_count, worker_version, evidence)
      select c.dead_letter_id, c.tenant_id, c.task_id, c.number, 'carried', c.reason, c.decision, c.type, c.lane, c.error::jsonb,
        c.fingerprint, e.input, e.tags, e.for_user, e.charged_attempts,
        (select w.version from workers w where w.id = c.worker_id), c.evidence::jsonb
      from closed c join ended e on e.id = c.task_id
    )
    select task_id from closed`.execute(executor)
  return new Set(rows.map((row) => row.task_id))
}

function failuresOf(records: readonly FailureRecord[], fence: readonly string[]): RawBuilder<unknown> {
  const column = <T>(pick: (record: FailureRecord) => T): T[] => records.map(pick)
  return sql`failures as (
    select * from unnest(
      ${column((record) => record.taskId)}::uuid[], ${fence}::text[], ${column((record) => record.deadLetterId)}::uuid[],
      ${column((record) => JSON.stringify(record.error))}::text[], ${column((record) => record.fingerprint)}::text[],
      ${column((record) => record.reason)}::text[], ${column((record) => record.decision)}::text[],
      ${column((record) => record.outcome)}::text[], ${column((record) => record.isCharged)}::boolean[],
      ${column((record) => record.title)}::text[], ${column((record) => evidenceText(record))}::text[]
    ) as f (task_id, fence, dead_letter_id, error, fingerprint, reason, decision, outcome, is_charged, title, evidence)
  )`
}

function evidenceText({ evidence }: FailureRecord): string | null {
  return evidence === undefined || evidence === null ? null : JSON.stringify(evidence)
}
