import type { Database } from '@redrive/shared/database'
import { DEFAULT_TENANT_ID, describeFault, type TaskError } from '@redrive/shared/task'
import { sql } from 'kysely'

export interface DeadLetterSeed {
  readonly count: number
  /** Of the twelve faults, as many. */
  readonly faults?: number
  readonly types?: readonly string[]
  /** Beside the default one, which has its share. */
  readonly otherTenants?: number
  /** The same for each; without it each has its own customer, country and amount. */
  readonly input?: object
  readonly tag?: string
  /** They died in even steps within so many hours before now. */
  readonly hours?: number
}

export interface SeededFault {
  readonly fingerprint: string
  readonly title: string
  /** How many dead letters have it. */
  readonly count: number
}

export interface SeededDeadLetters {
  readonly faults: readonly SeededFault[]
  readonly tenantIds: readonly string[]
}

// A number takes the place of the mark, another one in each dead letter: the same fault all the same.
const FAULTS: readonly TaskError[] = [
  { type: 'PaymentError', message: 'card of customer # was refused by the bank' },
  { type: 'TimeoutError', message: 'no answer from https://ledger.example.com/accounts/# within 5000 ms' },
  { type: 'TypeError', message: "Cannot read properties of undefined (reading 'iban')" },
  { type: 'HttpError', message: 'GET https://rates.example.com/v2/day/# answered 503 Service Unavailable' },
  { type: 'RangeError', message: 'the amount # is out of range' },
  { type: 'ConnectionError', message: 'connect ECONNREFUSED 10.0.3.#:5432' },
  { type: 'TemplateError', message: 'the template "invoice-#" has no field "due"' },
  { type: 'ValidationError', message: 'order # has no positions' },
  { type: 'QuotaError', message: 'tenant # has used up its messages of this month' },
  { type: 'SyntaxError', message: 'Unexpected token < in JSON at position #' },
  { type: 'StorageError', message: 'object exports/#.csv does not exist' },
  { type: 'AuthError', message: 'the token of session # has expired' },
]
const DEFAULT_TYPES = Array.from(
  { length: 40 },
  (_, index) => `seeded.type-${String(index + 1).padStart(2, '0')}`,
)
const AT_ONCE = 10_000

/**
 * Writes failed tasks with their attempt and their open dead letter straight into the ledger, as if workers had run each
 * once: faults, types and tenants in every combination. The handlers of the types may be anything.
 */
export async function seedDeadLetters({ db }: Database, seed: DeadLetterSeed): Promise<SeededDeadLetters> {
  const tenantIds = [DEFAULT_TENANT_ID, ...(await createTenants(db, seed.otherTenants ?? 0))]
  const faults = FAULTS.slice(0, seed.faults ?? FAULTS.length).map((error) => ({
    error: {
      ...error,
      stack: `${error.type}: ${error.message}\n    at work (handlers/${error.type}.ts:12:3)`,
    },
  }))
  const named = faults.map(({ error }) => ({ error, ...describeFault(numbered(error, '42')) }))
  await createGroups(db, named, tenantIds)
  for (let done = 0; done < seed.count; done += AT_ONCE)
    await insertPart(db, { ...seed, named, tenantIds, from: done, to: Math.min(done + AT_ONCE, seed.count) })
  const countOf = (fault: number) => Math.ceil((seed.count - fault) / named.length)
  return {
    tenantIds,
    faults: named.map(({ fingerprint, title }, fault) => ({ fingerprint, title, count: countOf(fault) })),
  }
}

type Db = Database['db']
type NamedFault = { readonly error: TaskError } & ReturnType<typeof describeFault>

function numbered(error: TaskError, number: string): TaskError {
  return JSON.parse(JSON.stringify(error).replaceAll('#', number)) as TaskError
}

async function createTenants(db: Db, count: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    insert into tenants (id, name)
    select new_task_id(), 'seeded-' || lpad(i::text, 2, '0') from generate_series(1, ${count}) as i
    returning id`.execute(db)
  return rows.map((row) => row.id)
}

async function createGroups(
  db: Db,
  faults: readonly NamedFault[],
  tenantIds: readonly string[],
): Promise<void> {
  await sql`
    insert into dead_letter_groups (tenant_id, fingerprint, title)
    select t.id, f.fingerprint, f.title from unnest(${tenantIds}::uuid[]) as t (id),
      unnest(${faults.map((fault) => fault.fingerprint)}::text[], ${faults.map((fault) => fault.title)}::text[])
        as f (fingerprint, title)
    on conflict do nothing`.execute(db)
}

interface Part extends DeadLetterSeed {
  readonly named: readonly NamedFault[]
  readonly tenantIds: readonly string[]
  readonly from: number
  readonly to: number
}

async function insertPart(db: Db, part: Part): Promise<void> {
  await sql`
    with seeds as materialized (${seedsOf(part)}),
    submitted as (
      insert into tasks (id, tenant_id, type, lane, input, tags, created_at, run_at, attempt_budget, max_attempts, state, number,
        attempt, charged_attempts, error, started_at, finished_at)
      select task_id, tenant_id, type, 'normal', input, tags, died_at - interval '2 s', died_at - interval '2 s', 1, 1, 'failed',
        1, 1, 1, error, died_at - interval '1 s', died_at
      from seeds
    ),
    attempted as (
      insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged,
        error, decision)
      select task_id, 1, tenant_id, 1, gen_random_uuid(), '00000000-0000-7000-8000-00000000dead', died_at - interval '1 s', died_at,
        'failed', true, error, 'The only attempt is used up.'
      from seeds
    ),
    listed as (
      insert into rare_endings (tenant_id, state, task_id) select tenant_id, 'failed', task_id from seeds
    )
    insert into dead_letters (id, tenant_id, task_id, number, state, reason, decision, type, lane, error, fingerprint, died_at,
      opened_at, opened_by, broker, input, tags, attempt_count, worker_version)
    select dead_letter_id, tenant_id, task_id, 1, 'open', 'attempts_exhausted', 'The only attempt is used up.', type, 'normal',
      error, fingerprint, died_at, died_at, 'recorder', '{"queue": "redrive.v1.normal", "reason": "rejected", "count": 1}',
      input, tags, 1, worker_version
    from seeds`.execute(db)
}

/** Ids that sort by their time, as the application makes them. */
const idAt = (at: ReturnType<typeof sql>) => sql`encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
  placing substring(int8send((extract(epoch from ${at}) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid`

function seedsOf({ named, tenantIds, from, to, count, input, tag, ...seed }: Part) {
  const types = seed.types ?? DEFAULT_TYPES
  const stepMs = ((seed.hours ?? 24) * 3_600_000) / count
  return sql`
    select ${idAt(sql`s.died_at - interval '2 s'`)} as task_id, ${idAt(sql`s.died_at`)} as dead_letter_id, s.died_at,
      (${tenantIds}::uuid[])[1 + (s.i / 7) % ${tenantIds.length}] as tenant_id,
      (${types}::text[])[1 + (s.i / ${named.length}) % ${types.length}] as type,
      (${named.map((fault) => fault.fingerprint)}::text[])[1 + s.i % ${named.length}] as fingerprint,
      replace((${named.map((fault) => JSON.stringify(fault.error))}::text[])[1 + s.i % ${named.length}], '#', s.i::text)::jsonb as error,
      coalesce(${input === undefined ? null : JSON.stringify(input)}::jsonb, jsonb_build_object('customer', 'customer-' || s.i,
        'country', (array['CH', 'DE', 'AT', 'FR', 'IT'])[1 + s.i % 5], 'amount', s.i % 1000)) as input,
      case when ${tag ?? null}::text is null then '{}' else array[${tag ?? null}::text] end as tags,
      (array['1.4.0', '1.4.1', '1.5.0'])[1 + s.i % 3] as worker_version
    from (
      select i, now() - (${count}::float8 - i) * ${stepMs}::float8 * interval '1 millisecond' as died_at
      from generate_series(${from}::int, ${to - 1}::int) as i
    ) as s`
}
