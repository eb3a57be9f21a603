import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PrivatePostgres, PrivateRabbitMq } from '@redrive/engines'
import { migrateToLatest } from '@redrive/migrations'
import { createDatabase, type Database } from '@redrive/shared/database'
import {
  createTcpProxy,
  onCleanup,
  REPOSITORY_FOLDER,
  type SpawnedService,
  spawnService,
  type TcpProxy,
  waitFor,
} from '@redrive/shared/testing'
import { createSideLog, type SideLog } from '../../test/harness/side-log.ts'

/** A busy machine takes its time to start three dozen modules; this is not what is measured. */
const PATIENCE = { deadlineMs: 120_000 }
const KEY = 'a-key-for-the-benchmark-that-is-long-enough'
/** Tasks that one worker runs at once: few, so that every worker has something to lose. */
export const SLOTS = 4

export interface Run {
  readonly taskId: string
  readonly attempt: number
  readonly pid: number
  readonly at: number
}

export interface KeptWorker {
  readonly service: SpawnedService
  readonly toPostgres: TcpProxy
  readonly toRabbitMq: TcpProxy
}

/** Services with the settings that they have when nobody sets any, on engines of their own. */
export interface RecoveryStage {
  readonly postgres: PrivatePostgres
  readonly rabbitmq: PrivateRabbitMq
  readonly managementUrl: string
  readonly database: Database
  readonly dispatchers: SpawnedService[]
  readonly workers: KeptWorker[]
  submit(tasks: readonly object[]): Promise<readonly string[]>
  startDispatcher(): Promise<void>
  startWorker(): Promise<void>
  /** `release` lets `bench.held` return. */
  sideLog(): SideLog<Run>
}

interface StageEngines {
  readonly postgres: PrivatePostgres
  readonly rabbitmq: PrivateRabbitMq
  readonly databaseUrl: string
  readonly amqpUrl: string
  readonly managementUrl: string
}

/** Starts everything: one api, two dispatchers, three workers with their parent processes. */
export async function setUpRecovery(): Promise<RecoveryStage> {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-recovery-'))
  const engines = await startEngines(folder)
  const { databaseUrl, amqpUrl, managementUrl } = engines
  const database = createDatabase({
    url: databaseUrl,
    poolSize: 3,
    statementTimeoutMs: 10_000,
    applicationName: 'bench',
  })
  onCleanup(() => database.close())
  const settings = {
    LOG_LEVEL: 'info',
    DATABASE_URL: databaseUrl,
    AMQP_URL: amqpUrl,
    AMQP_MANAGEMENT_URL: managementUrl,
    ADMIN_API_KEY: KEY,
    WORKER_HANDLERS: join(import.meta.dirname, 'handlers'),
    WORKER_CONCURRENCY: String(SLOTS),
  }
  const api = spawnService({ service: 'api', env: settings })
  const { apiUrl } = await api.waitForReady(PATIENCE)
  const stage: RecoveryStage = {
    ...engines,
    database,
    dispatchers: [],
    workers: [],
    submit: (tasks) => submitAll(`${apiUrl}/api/v1/tasks/bulk`, tasks),
    startDispatcher: async () => {
      const dispatcher = spawnService({ service: 'dispatcher', env: settings })
      await dispatcher.waitForReady(PATIENCE)
      stage.dispatchers.push(dispatcher)
    },
    startWorker: async () => {
      stage.workers.push(await startWorker(settings, { databaseUrl, amqpUrl }))
    },
    sideLog: () => createSideLog(join(folder, `${crypto.randomUUID()}.log`)),
  }
  for (let index = 0; index < 2; index += 1) await stage.startDispatcher()
  for (let index = 0; index < 3; index += 1) await stage.startWorker()
  return stage
}

async function startEngines(folder: string): Promise<StageEngines> {
  const cacheFolder = join(REPOSITORY_FOLDER, '.redrive/cache/rabbitmq')
  const postgres = new PrivatePostgres({ dataFolder: join(folder, 'postgres'), isDurable: true })
  const rabbitmq = new PrivateRabbitMq({
    dataFolder: join(folder, 'rabbitmq'),
    cacheFolder,
    isDurable: true,
    onProgress: () => {},
  })
  onCleanup(async () => {
    await Promise.all([postgres.stop(), rabbitmq.stop()])
    rmSync(folder, { recursive: true, force: true })
  })
  const [databaseUrl, { amqpUrl, amqpManagementUrl: managementUrl }] = await Promise.all([
    postgres.start(),
    rabbitmq.start(),
  ])
  await migrateToLatest(databaseUrl)
  return { postgres, rabbitmq, databaseUrl, amqpUrl, managementUrl }
}

async function startWorker(
  settings: Readonly<Record<string, string>>,
  { databaseUrl, amqpUrl }: { readonly databaseUrl: string; readonly amqpUrl: string },
): Promise<KeptWorker> {
  const [toPostgres, toRabbitMq] = await Promise.all([databaseUrl, amqpUrl].map(proxyFor))
  if (toPostgres === undefined || toRabbitMq === undefined) throw new Error('two proxies were asked for')
  const env = {
    ...settings,
    DATABASE_URL: toPostgres.through(databaseUrl),
    AMQP_URL: toRabbitMq.through(amqpUrl),
  }
  const service = spawnService({ service: 'worker', env, isKept: true })
  await service.waitForReady(PATIENCE)
  return { service, toPostgres, toRabbitMq }
}

function proxyFor(url: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(url)
  return createTcpProxy({ host: hostname, port: Number(port) })
}

async function submitAll(url: string, tasks: readonly object[]): Promise<readonly string[]> {
  const headers = {
    authorization: `Bearer ${KEY}`,
    'content-type': 'application/json',
    'idempotency-key': crypto.randomUUID(),
  }
  return await waitFor(
    async () => {
      const signal = AbortSignal.timeout(10_000)
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(tasks), signal })
      if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
      return ((await response.json()) as { ids: readonly string[] }).ids
    },
    'tasks to be accepted',
    PATIENCE,
  )
}
