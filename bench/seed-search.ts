import { createDatabase, type Database } from '@redrive/shared/database'
import { sql } from 'kysely'

export interface Seed {
  readonly databaseUrl: string
  readonly deadLetters: number
  readonly onProgress: (text: string) => void
}

/**
 * Fills a migrated, empty ledger with dead letters of 90 days, their tasks and attempts, and as many succeeded tasks: 200
 * tenants, 40 types, 13 faults and some thousands of others, all skewed; one fault, one plan and each worker version of
 * their own time only, because what is common but long ago is the hard case of a newest-first list.
 */
export async function seedSearch({ databaseUrl, deadLetters, onProgress }: Seed): Promise<void> {
  const database = createDatabase({
    url: databaseUrl,
    poolSize: 1,
    statementTimeoutMs: 3_600_000,
    applicationName: 'bench',
  })
  try {
    await database.db.connection().execute(async (db) => {
      const run = (statement: string) => sql.raw(statement).execute(db)
      await run("set synchronous_commit = 'off'; set maintenance_work_mem = '512MB'; set work_mem = '64MB'")
      const indexes = await dropIndexes(db)
      for (const [name, statement] of STATEMENTS) {
        onProgress(`seeding: ${name}`)
        await run(statement.replaceAll(':rows', String(deadLetters)))
      }
      for (const { name, definition } of indexes) {
        onProgress(`seeding: index ${name}`)
        await run(definition)
      }
      onProgress('seeding: vacuum and analyze')
      await run('vacuum analyze')
    })
  } finally {
    await database.close()
  }
}

type Db = Database['db']

interface Index {
  readonly name: string
  readonly definition: string
}

/** Indexes are built in a tenth of the time after the rows. */
async function dropIndexes(db: Db): Promise<readonly Index[]> {
  const { rows } = await sql<Index>`
    select indexname as name, indexdef as definition from pg_indexes
    where schemaname = 'public' and tablename in ('dead_letters', 'tasks', 'attempts') and indexdef not like '%UNIQUE%'`.execute(
    db,
  )
  for (const { name } of rows) await sql`drop index ${sql.ref(name)}`.execute(db)
  return rows
}

// Each row has some uniform numbers of its own, the same in every run: u(n) between 0 and 1. Powers of them are skewed.
const FUNCTIONS = `
  create or replace function pg_temp.u(g int, n int) returns float8 language sql immutable as $$
    select (hashint4extended(g, n)::bit(32)::bigint & 2147483647) / 2147483648.0 $$;
  create or replace function pg_temp.id(ms float8, g int, kind text) returns uuid language sql immutable as $$
    select (lpad(to_hex(ms::bigint), 12, '0') || '7' || substr(md5(kind || g), 1, 3) || '8' || substr(md5(kind || g), 4, 15))::uuid $$;
  create or replace function pg_temp.name_of(prefix text, x float8) returns text language sql immutable as $$
    select prefix || floor(x)::int $$;`

const NUMBERS = `
  create temp table seeds as select g,
    extract(epoch from now()) * 1000 - (:rows - g) * (90 * 86400000.0 / :rows) as ms,
    floor(200 * power(pg_temp.u(g, 1), 4))::int as tenant, floor(40 * power(pg_temp.u(g, 2), 3))::int as type,
    case when g between :rows * 0.3 and :rows * 0.4 and pg_temp.u(g, 3) < 0.9 then 12
      when pg_temp.u(g, 3) < 0.995 then floor(12 * power(pg_temp.u(g, 4), 2))::int else 100 + g % 3000 end as fault
  from generate_series(1, :rows) as g`

const DEAD_LETTERS = `
  insert into dead_letters (id, tenant_id, task_id, number, state, reason, decision, type, lane, error, fingerprint, died_at,
    closed_at, input, tags, for_user, attempt_count, worker_version)
  select pg_temp.id(ms, g, 'd'), ('00000000-0000-7000-8000-' || lpad((tenant + 1)::text, 12, '0'))::uuid, pg_temp.id(ms - 5000, g, 't'), 1,
    case when g > :rows - 100 then 'carried' when pg_temp.u(g, 5) < 0.6 then 'open' when pg_temp.u(g, 5) < 0.9 then 'redriven' else 'discarded' end,
    (array['attempts_exhausted', 'attempts_exhausted', 'attempts_exhausted', 'permanent_error', 'timed_out', 'crashed'])[1 + floor(6 * pg_temp.u(g, 6))],
    'The last allowed attempt failed.', 'type.' || type,
    case when pg_temp.u(g, 7) < 0.85 then 'normal' when pg_temp.u(g, 7) < 0.999 then 'low' else 'high' end,
    jsonb_build_object('type', pg_temp.name_of('Fault', fault),
      'message', (array['card refused by issuer', 'connection reset by peer', 'mailbox unavailable', 'timeout while reading body',
        'template missing variable', 'no such customer', 'rate limit reached', 'invalid postal code', 'disk full on host',
        'certificate expired', 'unexpected end of input', 'duplicate invoice number', 'quota exhausted for plan'])[1 + least(fault, 12)]
        || ' for order ' || g || case when g % 100000 = 7 then ' zebra' else '' end,
      'code', 'E_' || fault, 'stack', repeat('    at send (/srv/app/node_modules/mailer/lib/transport.js:' || g % 500 || ':17)' || chr(10), 8)),
    substr(md5('fault' || fault), 1, 12), to_timestamp(ms / 1000),
    case when g > :rows - 100 or pg_temp.u(g, 5) < 0.6 then null else to_timestamp(ms / 1000) + interval '1 hour' end,
    jsonb_build_object('country', 'C' || floor(50 * power(pg_temp.u(g, 8), 3)), 'amount', floor(pg_temp.u(g, 9) * 100000) / 100,
      'customer', jsonb_build_object('id', 'c' || floor(50000 * pg_temp.u(g, 10)), 'plan', case when fault = 12 then 'legacy' else 'current' end),
      'items', jsonb_build_array(jsonb_build_object('sku', 'S' || floor(2000 * power(pg_temp.u(g, 11), 2)), 'count', 1 + g % 5),
        jsonb_build_object('sku', 'S' || floor(2000 * pg_temp.u(g, 12)), 'count', 1))),
    case when pg_temp.u(g, 13) < 0.3 then '{}' when pg_temp.u(g, 13) < 0.9 then array['team-' || floor(20 * power(pg_temp.u(g, 14), 2))]
      else array['campaign-' || g % 1000, 'team-' || g % 20] end,
    case when pg_temp.u(g, 15) < 0.8 then 'user-' || floor(20000 * power(pg_temp.u(g, 16), 2)) end,
    1 + floor(20 * power(pg_temp.u(g, 17), 6)), '1.' || g / (:rows / 8)
  from seeds order by g`

const TASKS = `
  insert into tasks (id, tenant_id, type, lane, input, tags, created_at, run_at, attempt_budget, max_attempts, state, number, attempt,
    charged_attempts, result, error, started_at, finished_at, for_user)
  select d.task_id, d.tenant_id, d.type, d.lane, d.input, d.tags, d.died_at - interval '5 s', d.died_at - interval '5 s', 5, 5, 'failed', 1,
    d.attempt_count, d.attempt_count, null, d.error, d.died_at - interval '1 s', d.died_at, d.for_user
  from dead_letters d order by d.id`

const SUCCEEDED = `
  insert into tasks (id, tenant_id, type, lane, input, tags, created_at, run_at, attempt_budget, max_attempts, state, number, attempt,
    charged_attempts, result, started_at, finished_at)
  select pg_temp.id(ms - 3000, g, 's'), ('00000000-0000-7000-8000-' || lpad((tenant + 1)::text, 12, '0'))::uuid, 'type.' || type, 'normal',
    jsonb_build_object('country', 'C' || floor(50 * power(pg_temp.u(g, 18), 3)), 'order', g), '{}', to_timestamp(ms / 1000 - 3),
    to_timestamp(ms / 1000 - 3), 5, 5, 'succeeded', 1, 1, 1, '{"ok": true}', to_timestamp(ms / 1000 - 2), to_timestamp(ms / 1000 - 1)
  from seeds order by g`

const ATTEMPTS = `
  insert into attempts (task_id, attempt, tenant_id, number, token, worker_id, started_at, ended_at, outcome, is_charged, error)
  select d.task_id, d.attempt_count, d.tenant_id, 1, d.id, d.id, d.died_at - interval '1 s', d.died_at, 'failed', true, d.error
  from dead_letters d order by d.id`

const STATEMENTS: readonly (readonly [string, string])[] = [
  ['functions', FUNCTIONS],
  ['numbers', NUMBERS],
  [
    'tenants',
    `insert into tenants (id, name) select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'tenant-' || n
     from generate_series(2, 200) as n`,
  ],
  [
    'task types',
    `insert into task_types (name, input_schema, lane, retry, timeout_ms, worker_version)
     select 'type.' || n, '{}', 'normal', '{"maxAttempts": 5}', 60000, '1' from generate_series(0, 39) as n`,
  ],
  ['dead letters', DEAD_LETTERS],
  ['tasks that failed', TASKS],
  ['tasks that succeeded', SUCCEEDED],
  [
    'rare endings',
    `insert into rare_endings (tenant_id, state, task_id) select tenant_id, 'failed', id from tasks where state = 'failed' order by 1, 3`,
  ],
  ['attempts', ATTEMPTS],
]
