import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { migrateToLatest } from '@redrive/migrations'
import {
  createTestDatabase,
  onCleanup,
  type ServiceAddresses,
  type SpawnedService,
  spawnService,
  waitFor,
} from '@redrive/shared/testing'
import pg from 'pg'
import { ApiClient } from '../harness/api-client.ts'
import { type Backend, Balancer } from '../harness/balancer.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { checkOutVersion, hasVersion, LAST_VERSION } from '../harness/check-out-version.ts'
import { countRuns } from '../harness/count-runs.ts'
import { ADMIN_API_KEY, type Cluster, startCluster } from '../harness/start-cluster.ts'
import { countEndings, settled, startLoad } from './deploy-load.ts'

const KINDS = ['dispatcher', 'worker', 'api'] as const

/** Starting several processes at once takes a busy machine long. */
const SLOWLY = { deadlineMs: 60_000 }

type Kind = (typeof KINDS)[number]

interface Standing extends Backend {
  readonly service: SpawnedService
  readonly addresses: ServiceAddresses
}

/** Null stands for the sources of today. */
type Version = string | null

function startFleet(cluster: Cluster) {
  const fleet: Record<Kind, Standing[]> = { api: [], dispatcher: [], worker: [] }
  const add = async (kind: Kind, version: Version): Promise<void> => {
    const changes = version === null ? {} : { WORKER_HANDLERS: join(version, 'test/handlers') }
    const service = spawnService({
      service: kind,
      env: { ...cluster.settings, ...changes },
      ...(version === null ? {} : { repositoryFolder: version }),
    })
    fleet[kind].push({ service, addresses: await service.waitForReady(SLOWLY) })
  }
  const replace = async (kind: Kind, version: Version): Promise<void> => {
    const { length } = fleet[kind]
    await add(kind, version)
    // Taken from the balancer first: the version before has no notice that it is about to stop.
    if (kind === 'api')
      await waitFor(() => balancer.isReady(fleet.api[length]!), 'the balancer to see the new api', SLOWLY)
    const [oldest] = fleet[kind].splice(0, 1)
    expect(await oldest!.service.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  }
  const balancer = new Balancer(() => fleet.api)
  onCleanup(() => balancer.stop())
  return { fleet, add, replace, balancer }
}

/** A ledger that the other version has made. */
async function ledgerOf(version: string): Promise<string> {
  const { url } = await createTestDatabase()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('drop schema public cascade; create schema public')
  await client.end()
  const main = join(version, 'migrations/src/main.ts')
  execFileSync(process.execPath, ['--conditions=redrive:source', main], {
    env: { PATH: process.env['PATH'], DATABASE_URL: url },
    stdio: 'ignore',
  })
  return url
}

/** The version before gave back, when it stopped, what a claim brought it at that moment. Not so from this one on. */
async function returnedBy(pids: readonly number[], { database }: Cluster): Promise<readonly string[]> {
  const attempts = await database.db
    .selectFrom('attempts')
    .innerJoin('workers', 'workers.id', 'attempts.worker_id')
    .select('task_id')
    .where('outcome', '=', 'returned')
    .where('pid', 'in', pids)
    .execute()
  return attempts.map(({ task_id }) => task_id)
}

const withHistory = hasVersion(LAST_VERSION) ? test : test.skip

describe('the last version and this one', () => {
  withHistory(
    'upgrade and downgrade under load, with both at work in between, lose nothing and cost no attempt (needs the Git history)',
    async () => {
      const last = checkOutVersion(LAST_VERSION)
      const databaseUrl = await ledgerOf(last)
      const cluster = await startCluster({ databaseUrl })
      const log = cluster.sideLog()
      const { fleet, add, replace, balancer } = startFleet(cluster)
      for (const kind of KINDS) await add(kind, last)
      const pidsOfLast = fleet.worker.map(({ service }) => service.pid)
      const client = new ApiClient(await balancer.start(), ADMIN_API_KEY)
      await waitFor(async () => (await client.call('/queues')).status === 200, 'the balancer to see an api')
      const load = startLoad(client, log)
      const flow = async (): Promise<void> => {
        const seen = load.ids.length
        await waitFor(() => load.ids.length > seen + 20, 'the load to flow', SLOWLY)
      }
      await flow()
      await migrateToLatest(databaseUrl)
      await flow()
      for (const version of [null, last]) {
        for (const kind of KINDS) {
          await replace(kind, version)
          await flow()
        }
      }
      await load.stop()
      await settled(cluster, load.ids)
      const refused = load.answers.filter(({ status }) => status >= 300)
      expect(refused.map(({ status, body }) => ({ status, body }))).toEqual([])
      const { length } = load.ids
      const returned = await returnedBy(pidsOfLast, cluster)
      expect(await countEndings(cluster)).toEqual({
        tasks: length,
        attempts: length + returned.length,
        succeeded: length,
      })
      const again = [...countRuns(log)].filter(([, times]) => times !== 1).map(([taskId]) => taskId)
      expect(again.filter((taskId) => !returned.includes(taskId))).toEqual([])
      expect(await findLedgerViolations(cluster.database)).toEqual([])
    },
    240_000,
  )
})

describe('a ledger that is older than the services need', () => {
  test('every service waits, says which migration it misses, and works once it is applied', async () => {
    const { url } = await createTestDatabase()
    const cluster = await startCluster({ databaseUrl: url })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onCleanup(() => client.end())
    // The newest migration counts as not applied; its tables are there, and nobody may use them before it does.
    const { rows } = await client.query(
      'delete from kysely_migration where name = (select max(name collate "C") from kysely_migration) returning name, timestamp',
    )
    const services = KINDS.map((kind) => cluster.spawn(kind))
    for (const service of services) {
      const { error } = await service.waitForLog(({ event }) => event === 'ledger.outdated', SLOWLY)
      expect(JSON.stringify(error)).toContain(`needs ${rows[0].name}`)
      const { port } = await service.waitForLog(({ event }) => event === 'operations.listening', SLOWLY)
      expect((await fetch(`http://127.0.0.1:${String(port)}/readyz`)).status).toBe(503)
    }
    await client.query('insert into kysely_migration values ($1, $2)', [rows[0].name, rows[0].timestamp])
    for (const service of services) await service.waitForReady(SLOWLY)
    for (const service of services) expect(await service.stop()).toEqual({ code: 0, signal: null })
  }, 120_000)

  test('told to stop while they wait for it, every service ends with 0', async () => {
    const { url } = await createTestDatabase()
    const cluster = await startCluster({ databaseUrl: url })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('delete from kysely_migration')
    await client.end()
    const services = KINDS.map((kind) => cluster.spawn(kind))
    await Promise.all(
      services.map((service) => service.waitForLog(({ event }) => event === 'ledger.outdated', SLOWLY)),
    )
    expect(await Promise.all(services.map((service) => service.kill('SIGTERM')))).toEqual(
      services.map(() => ({ code: 0, signal: null })),
    )
  }, 120_000)
})

test('services go on with a ledger that a later version has migrated', async () => {
  const cluster = await startCluster()
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  await client.connect()
  // What a first half of a change does: adds, and lets everybody who does not know it go on.
  await client.query(`
    insert into kysely_migration values ('9001-future', '2999-01-01T00:00:00.000Z');
    create table of_the_future (id uuid primary key);
    alter table open_tasks add column of_the_future integer not null default 0;
    alter table tasks add column of_the_future text`)
  await client.end()
  const services = KINDS.map((kind) => cluster.spawn(kind))
  for (const service of services) await service.waitForReady(SLOWLY)
  const { apiUrl } = await services.at(-1)!.waitForReady(SLOWLY)
  const api = new ApiClient(apiUrl!, ADMIN_API_KEY)
  const id = await api.submit({ type: 'test.logged', input: { sideLog: cluster.sideLog().file } })
  expect((await api.ended(id, 60_000)).state).toBe('succeeded')
}, 120_000)
