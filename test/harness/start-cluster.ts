import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, type Database } from '@redrive/shared/database'
import {
  createTestDatabase,
  createTestVhost,
  onCleanup,
  type SpawnedService,
  spawnService,
  waitFor,
} from '@redrive/shared/testing'
import { ApiClient } from './api-client.ts'
import { createSideLog, type SideLog } from './side-log.ts'

export const ADMIN_API_KEY = 'an-administrator-key-for-tests-only'

export interface ClusterEngines {
  readonly databaseUrl: string
  readonly amqpUrl: string
}

type Environment = Readonly<Record<string, string>>

export interface Cluster {
  readonly database: Database
  readonly databaseUrl: string
  readonly amqpUrl: string
  /** The next services get these settings too. */
  readonly settings: Record<string, string>
  start(service: 'api' | 'dispatcher' | 'worker', environment?: Environment): Promise<SpawnedService>
  /** Starts a service that may die before it is ready. */
  spawn(service: 'api' | 'dispatcher' | 'worker', environment?: Environment): SpawnedService
  /** Starts a worker as it is deployed: with the parent process that replaces it. */
  startKeptWorker(environment?: Environment): Promise<SpawnedService>
  /** Starts an api and returns a client of it. */
  startApi(environment?: Environment): Promise<{ api: SpawnedService; client: ApiClient }>
  /** A new file for the runs of the test handlers. */
  sideLog(): SideLog
}

// Short times, so that what heals by waiting heals within a test.
const QUICK = {
  LOG_LEVEL: 'debug',
  RELEASE_GRACE_MS: '500',
  WORKER_LEASE_MS: '3000',
  RECONCILE_INTERVAL_MS: '1000',
  SHUTDOWN_GRACE_MS: '15000',
}

/** A ledger and a virtual host of their own, and real service processes on them. */
export async function startCluster(given: Partial<ClusterEngines> = {}): Promise<Cluster> {
  const url = given.databaseUrl ?? (await createTestDatabase()).url
  const amqp =
    given.amqpUrl === undefined ? await createTestVhost() : { amqpUrl: given.amqpUrl, managementUrl: null }
  const database = createDatabase({ url, poolSize: 6, statementTimeoutMs: 10_000, applicationName: 'test' })
  onCleanup(() => database.close())
  const folder = mkdtempSync(join(tmpdir(), 'redrive-cluster-'))
  onCleanup(() => rmSync(folder, { recursive: true, force: true }))
  const settings: Record<string, string> = {
    ...QUICK,
    DATABASE_URL: url,
    AMQP_URL: amqp.amqpUrl,
    ...(amqp.managementUrl === null ? {} : { AMQP_MANAGEMENT_URL: amqp.managementUrl }),
    ADMIN_API_KEY,
    WORKER_HANDLERS: join(import.meta.dirname, '../handlers'),
  }
  const spawn: Cluster['spawn'] = (service, environment = {}) =>
    spawnService({ service, env: { ...settings, ...environment } })
  const start: Cluster['start'] = async (service, environment) => {
    const spawned = spawn(service, environment)
    await spawned.waitForReady()
    return spawned
  }
  return {
    database,
    databaseUrl: url,
    amqpUrl: amqp.amqpUrl,
    settings,
    spawn,
    start,
    startKeptWorker: async (environment = {}) => {
      const env = { ...settings, ...environment }
      const spawned = spawnService({ service: 'worker', env, isKept: true })
      await spawned.waitForReady({ deadlineMs: 60_000 })
      return spawned
    },
    startApi: async (environment) => {
      const api = await start('api', environment)
      const { apiUrl, operationsUrl } = await api.waitForReady()
      // An api is ready without the broker; a test wants its tickets published.
      await waitFor(async () => {
        const { checks } = (await (await fetch(`${operationsUrl}/readyz`)).json()) as {
          checks: Record<string, string>
        }
        return checks['broker'] === 'ok' ? true : Promise.reject(new Error(JSON.stringify(checks)))
      }, 'the api to reach the broker')
      return { api, client: new ApiClient(apiUrl ?? '', ADMIN_API_KEY) }
    },
    sideLog: () => createSideLog(join(folder, `${crypto.randomUUID()}.log`)),
  }
}
