import { expect, test } from '@jest/globals'
import { buildIndex, MIGRATIONS, type Migration, migrateToLatest } from '@redrive/migrations'
import { createDatabase, type Executor } from '@redrive/shared/database'
import { createTestDatabase, onCleanup, waitFor } from '@redrive/shared/testing'
import { type Kysely, sql } from 'kysely'
import { spawn } from 'node:child_process'
import { join } from 'node:path'

/** A ledger as the version that had migrations up to `last` left it, with rows, and two ways in. */
async function ledgerAt(last: string) {
  const { url } = await createTestDatabase()
  const database = createDatabase({ url, poolSize: 8, statementTimeoutMs: 20_000, applicationName: 'load' })
  onCleanup(() => database.close())
  await sql`drop schema public cascade`.execute(database.db)
  await sql`create schema public`.execute(database.db)
  const before = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name <= last))
  await migrateToLatest(url, { migrations: before })
  return { url, db: database.db }
}

async function fill(db: Executor, count: number): Promise<void> {
  await sql`
    with new as (select gen_random_uuid() as id from generate_series(1, ${count})),
    stored as (
      insert into tasks (id, tenant_id, type, lane, input, tags, created_at, run_at, attempt_budget, max_attempts, attempt, charged_attempts)
      select id, (select min(id::text)::uuid from tenants), 't', 'normal', '{}', '{}', now(), now(), 3, 3, 0, 0 from new)
    insert into open_tasks (task_id, tenant_id, lane, type, number, due_at, publish_tries, attempt, charged_attempts, attempts_before_life, losses)
    select id, (select min(id::text)::uuid from tenants), 'normal', 't', 1, now(), 0, 0, 0, 0, 0 from new`.execute(
    db,
  )
}

/** Postgres itself refuses what waited longer for a lock: the migrator's limit for each of two tables, and room to work. */
const WAITS_AT_MOST = sql`set local lock_timeout = '5s'`

/** Submissions and finishes as fast as they go, each in a transaction as the services make them. */
function startTraffic(db: Executor) {
  let isOver = false
  const refusals: unknown[] = []
  let rounds = 0
  const repeat = async (): Promise<void> => {
    while (!isOver) {
      try {
        await db.transaction().execute(async (transaction) => {
          await WAITS_AT_MOST.execute(transaction)
          await fill(transaction, 2)
          await sql`delete from open_tasks where task_id = (select task_id from open_tasks limit 1 for update skip locked)`.execute(
            transaction,
          )
        })
        rounds += 1
      } catch (error) {
        refusals.push(error)
      }
    }
  }
  const running = Promise.all([repeat(), repeat()])
  return {
    refusals,
    get rounds() {
      return rounds
    },
    stop: async (): Promise<void> => {
      isOver = true
      await running
    },
  }
}

/** A transaction that has written to `table` and stays open until it is told to end. */
async function holdOpen(db: Executor, table: string): Promise<() => Promise<void>> {
  const began = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const held = db.transaction().execute(async (transaction) => {
    await sql`lock table ${sql.table(table)} in row exclusive mode`.execute(transaction)
    began.resolve()
    await end.promise
  })
  await began.promise
  onCleanup(() => end.resolve())
  return async () => {
    end.resolve()
    await held
  }
}

test('a ledger of three versions ago is migrated while tasks come and go, and a long transaction stops neither', async () => {
  const { url, db } = await ledgerAt('0003-search')
  await fill(db, 100_000)
  const release = await holdOpen(db, 'open_tasks')
  const traffic = startTraffic(db)
  const yields: string[] = []
  const migrated = migrateToLatest(url, { onYield: (name) => void yields.push(name) })
  await waitFor(() => yields.length >= 2, 'the migration to let others pass', { deadlineMs: 60_000 })
  const { rounds } = traffic
  await waitFor(
    () => traffic.rounds > rounds + 10,
    'traffic behind the migration that could not get its lock',
  )
  await release()
  expect(await migrated).toEqual(Object.keys(MIGRATIONS).filter((name) => name > '0003-search'))
  await traffic.stop()
  expect(yields).toContain('0005-redrives')
  expect(traffic.refusals).toEqual([])
}, 120_000)

const STEPS = {
  ...MIGRATIONS,
  '9001-index': {
    isOutsideTransaction: true,
    up: (db: Kysely<unknown>) => buildIndex(db, 'tasks_of_the_future', 'on tasks (created_at, lane)'),
  },
} satisfies Record<string, Migration>

async function isValid(db: Executor): Promise<boolean | undefined> {
  const { rows } = await sql<{ valid: boolean }>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass('tasks_of_the_future')`.execute(
    db,
  )
  return rows[0]?.valid
}

test('an index whose builder is killed is dropped and built by the next migrator, beside writers', async () => {
  const { url, db } = await ledgerAt('9')
  await fill(db, 1_000)
  const release = await holdOpen(db, 'tasks')
  // The build makes the index, invalid at first, and waits for the transaction that is open.
  const killed = migrateToLatest(url, { migrations: STEPS }).catch((error: unknown) => error)
  await waitFor(async () => (await isValid(db)) === false, 'a half-built index', {
    deadlineMs: 30_000,
  })
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'create index concurrently%' and datname = current_database() and pid <> pg_backend_pid()`.execute(
    db,
  )
  expect(await killed).toBeInstanceOf(Error)
  await release()
  expect(await isValid(db)).toBe(false)
  const traffic = startTraffic(db)
  // Several at once: those that wait hold nothing that the build would wait for.
  const applied = await Promise.all([1, 2, 3].map(() => migrateToLatest(url, { migrations: STEPS })))
  await traffic.stop()
  expect(applied.flat()).toEqual(['9001-index'])
  expect([await isValid(db), traffic.refusals]).toEqual([true, []])
}, 60_000)

test('a constraint is added without looking at the rows and validated beside writers', async () => {
  const { url, db } = await ledgerAt('9')
  await fill(db, 1_000)
  const steps: Record<string, Migration> = {
    ...MIGRATIONS,
    '9001-constraint': {
      up: async (to) => {
        await sql`alter table tasks add constraint lanes_have_names check (lane <> '') not valid`.execute(to)
      },
    },
    '9002-validated': {
      isOutsideTransaction: true,
      up: async (to) => {
        await sql`alter table tasks validate constraint lanes_have_names`.execute(to)
      },
    },
  }
  const traffic = startTraffic(db)
  expect(await migrateToLatest(url, { migrations: steps })).toEqual(['9001-constraint', '9002-validated'])
  await traffic.stop()
  expect(traffic.refusals).toEqual([])
}, 60_000)

test('a migrator killed at any step leaves whole steps, and the next one finishes', async () => {
  const { url, db } = await ledgerAt('0001-ledger')
  const release = await holdOpen(db, 'open_tasks')
  const child = spawn(
    process.execPath,
    ['--conditions=redrive:source', join(import.meta.dirname, '../src/main.ts')],
    { env: { PATH: process.env['PATH'], DATABASE_URL: url }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exited = new Promise((resolve) => child.once('exit', resolve))
  let said = ''
  child.stdout.on('data', (chunk) => (said += String(chunk)))
  await waitFor(() => said.includes('migrations.yielded'), 'the migrator to wait for its lock')
  child.kill('SIGKILL')
  await exited
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  await release()
  const names = [...rows.map(({ name }) => name), ...(await migrateToLatest(url))]
  expect(names).toEqual(Object.keys(MIGRATIONS))
}, 60_000)

test('a ledger of a newer version is left as it is, and one of another line is refused', async () => {
  const { url, db } = await ledgerAt('9')
  await sql`insert into kysely_migration values ('9001-future', '2999-01-01T00:00:00.000Z')`.execute(db)
  expect(await migrateToLatest(url)).toEqual([])
  await sql`delete from kysely_migration where name = '0007-deadlines'`.execute(db)
  await expect(migrateToLatest(url)).rejects.toThrow('lacks 0007-deadlines')
})
