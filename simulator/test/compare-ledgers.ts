import type { Executor } from '@redrive/shared/database'
import { sql } from 'kysely'
import type { Tables } from '../src/ledger/tables.ts'

type Rows = Readonly<Record<string, readonly unknown[]>>

/** Every time that the protocol compares is so much earlier, which is the same as so much later now. */
export async function shiftPostgres(executor: Executor, ms: number): Promise<void> {
  const by = sql`${ms} * interval '1 millisecond'`
  await sql`update tasks set created_at = created_at - ${by}, run_at = run_at - ${by}, expires_at = expires_at - ${by}`.execute(
    executor,
  )
  await sql`update open_tasks set due_at = due_at - ${by}, taken_until = taken_until - ${by}, confirmed_at = confirmed_at - ${by},
    started_at = started_at - ${by}, unhandled_since = unhandled_since - ${by}, expires_at = expires_at - ${by},
    life_began_at = life_began_at - ${by}`.execute(executor)
  await sql`update workers set lease_until = lease_until - ${by}, ended_at = ended_at - ${by}`.execute(
    executor,
  )
  await sql`update dead_letters set died_at = died_at - ${by}`.execute(executor)
}

/** An answer without its order, and with its times counted from now. Columns that the simulation has no use for are left out. */
export function comparable(answer: unknown, nowMs: number): unknown {
  if (answer instanceof Date) return answer.getTime() - nowMs
  if (Buffer.isBuffer(answer)) return answer.toString('hex')
  if (answer instanceof Map)
    return sorted([...answer].map(([key, value]) => ({ key, value: comparable(value, nowMs) })))
  if (answer instanceof Set) return sorted([...answer])
  if (Array.isArray(answer)) return sorted(answer.map((item) => comparable(item, nowMs)))
  if (typeof answer !== 'object' || answer === null) return answer
  const kept = Object.entries(answer).filter(
    ([name]) => !['input', 'isLost', 'server', 'ticketNumber'].includes(name),
  )
  return Object.fromEntries(kept.map(([name, value]) => [name, round(comparable(value, nowMs))]))
}

function round(value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value) : value
}

function sorted(items: readonly unknown[]): readonly unknown[] {
  return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

export function rowsInMemory(tables: Tables): Rows {
  const since = (at: number | null): number | null => (at === null ? null : at - tables.nowMs)
  const tasks = [...tables.tasks.values()]
  return {
    tasks: sorted(
      tasks.map(({ id, lane, state, number, attempt, chargedAttempts, maxAttempts, runAt }) => ({
        id,
        lane,
        state,
        number,
        attempt: state === null ? null : attempt,
        charged: state === null ? null : chargedAttempts,
        maxAttempts,
        runAt: since(runAt),
      })),
    ),
    open: sorted(
      [...tables.open.values()].map((row) => ({
        taskId: row.taskId,
        lane: row.lane,
        number: row.number,
        dueAt: since(row.dueAt),
        takenUntil: since(row.takenUntil),
        publishTries: row.publishTries,
        confirmedAt: since(row.confirmedAt),
        attempt: row.attempt,
        charged: row.chargedAttempts,
        attemptsBeforeLife: row.attemptsBeforeLife,
        losses: row.losses,
        returned: row.returnedAttempts,
        workerId: row.workerId,
        token: row.token,
        startedAt: since(row.startedAt),
        unhandledSince: since(row.unhandledSince),
        redrivenFrom: row.redrivenFrom,
      })),
    ),
    attempts: sorted(
      tasks.flatMap(({ id }) =>
        tables.attemptsOf(id).map(({ attempt, number, token, workerId, outcome, isCharged }) => ({
          taskId: id,
          attempt,
          number,
          token,
          workerId,
          outcome,
          isCharged,
        })),
      ),
    ),
    letters: sorted(
      [...tables.letters.values()].map(({ id, taskId, number, state, reason }) => ({
        id,
        taskId,
        number,
        state,
        reason,
      })),
    ),
    keys: sorted([...tables.keys].map(([name, { taskIds }]) => ({ key: name.split(' ')[2], taskIds }))),
    workers: sorted(
      [...tables.workers.values()].map(({ id, state, leaseUntil, endedAt }) => ({
        id,
        state,
        leaseUntil: since(leaseUntil),
        endedAt: since(endedAt),
      })),
    ),
  }
}

const SINCE = (column: string) => sql`round(extract(epoch from ${sql.ref(column)} - now()) * 1000)::float8`

/** In one query, because it is asked after every step. */
export async function rowsInPostgres(executor: Executor): Promise<Rows> {
  const list = (rows: ReturnType<typeof sql>) => sql`(select coalesce(json_agg(r), '[]') from (${rows}) r)`
  const { rows } = await sql<Rows>`select
    ${list(sql`select id, lane, state, number, case when state is not null then attempt end as attempt,
      case when state is not null then charged_attempts end as charged, max_attempts as "maxAttempts", ${SINCE('run_at')} as "runAt" from tasks`)} as tasks,
    ${list(sql`select task_id as "taskId", lane, number, ${SINCE('due_at')} as "dueAt", ${SINCE('taken_until')} as "takenUntil",
      publish_tries as "publishTries", ${SINCE('confirmed_at')} as "confirmedAt", attempt, charged_attempts as charged,
      attempts_before_life as "attemptsBeforeLife", losses, returned_attempts as returned, worker_id as "workerId", token,
      ${SINCE('started_at')} as "startedAt", ${SINCE('unhandled_since')} as "unhandledSince", redriven_from as "redrivenFrom" from open_tasks`)} as open,
    ${list(sql`select task_id as "taskId", attempt, number, token, worker_id as "workerId", outcome, is_charged as "isCharged" from attempts`)} as attempts,
    ${list(sql`select id, task_id as "taskId", number, state, reason from dead_letters`)} as letters,
    ${list(sql`select key, task_ids as "taskIds" from idempotency_keys`)} as keys,
    ${list(sql`select id, state, ${SINCE('lease_until')} as "leaseUntil", ${SINCE('ended_at')} as "endedAt" from workers`)} as workers`.execute(
    executor,
  )
  const [only] = rows
  return Object.fromEntries(Object.entries(only ?? {}).map(([name, found]) => [name, sorted(found)]))
}
