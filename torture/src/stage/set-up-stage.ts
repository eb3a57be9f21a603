import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { freePorts, PrivatePostgres, type PostgresVersion, type RabbitMqVersion } from '@redrive/engines'
import { migrateToLatest } from '@redrive/migrations'
import { createDatabase } from '@redrive/shared/database'
import pg from 'pg'
import { createTcpProxy, REPOSITORY_FOLDER } from '@redrive/shared/testing'
import type { History } from '../history.ts'
import type { Random } from '../random.ts'
import type { Links, LedgerControl, Service, Stage } from '../stage.ts'
import { Balancer } from '../../../test/harness/balancer.ts'
import { joinPaths } from './join-paths.ts'
import { startBroker } from './broker-control.ts'
import { Fleet } from './fleet.ts'
import { Member } from './member.ts'

export const ADMIN_API_KEY = 'an-administrator-key-for-the-torture'

export interface StagePlan {
  readonly folder: string
  readonly random: Random
  readonly history: History
  readonly signal: AbortSignal
  readonly versions: {
    readonly rabbitMq: RabbitMqVersion | undefined
    readonly postgres: PostgresVersion | undefined
  }
  /** Nodes of RabbitMQ. */
  readonly nodes: number
}

export interface StandingStage {
  readonly stage: Stage
  readonly apiUrl: string
  /** What handlers write to. */
  readonly sideLog: string
  /** Ends everything; the folder is left. */
  readonly takeDown: () => Promise<void>
}

const FLEET: readonly Service[] = ['api', 'api', 'dispatcher', 'dispatcher', 'worker', 'worker', 'worker']

/** As deployed, with shorter times, so that what heals by waiting heals many times within a run. */
const SETTINGS = {
  LOG_LEVEL: 'info',
  RELEASE_GRACE_MS: '1000',
  WORKER_LEASE_MS: '5000',
  WORKER_CONCURRENCY: '20',
  RECONCILE_INTERVAL_MS: '5000',
  CARRIED_AFTER_MS: '20000',
  SHUTDOWN_GRACE_MS: '15000',
  WORKER_STALL_LIMIT_MS: '5000',
}

/** Engines with durable settings, a fleet behind a balancer, and a proxy on every path to an engine. */
export async function setUpStage({
  folder,
  random,
  history,
  signal,
  ...engines
}: StagePlan): Promise<StandingStage> {
  const logFolder = join(folder, 'logs')
  mkdirSync(logFolder, { recursive: true })
  const sideLog = join(folder, 'side.log')
  writeFileSync(sideLog, '')
  const cacheFolder = join(REPOSITORY_FOLDER, '.redrive/cache/rabbitmq')
  const [rabbitmq, postgres] = await Promise.all([
    startBroker({
      dataFolder: join(folder, 'rabbitmq'),
      cacheFolder,
      version: engines.versions.rabbitMq,
      nodes: engines.nodes,
    }),
    startLedger(join(folder, 'postgres'), engines.versions.postgres),
  ])
  await migrateToLatest(postgres.databaseUrl)
  const ledger = createDatabase({
    url: postgres.databaseUrl,
    poolSize: 4,
    statementTimeoutMs: 60_000,
    applicationName: 'torture',
  })
  // Fixed, so that a worker that its parent replaced is found where the first one was.
  const ports = await freePorts(FLEET.map((_, index) => String(index)))
  const members = await Promise.all(
    FLEET.map(async (service, index) => {
      const links = await link(rabbitmq.amqpUrls, postgres.databaseUrl)
      const settings = {
        ...SETTINGS,
        DATABASE_URL: links.postgres.through(postgres.databaseUrl),
        AMQP_URL: links.rabbitmq.through(rabbitmq.amqpUrls.join()),
        AMQP_MANAGEMENT_URL: rabbitmq.managementUrls.join(),
        ADMIN_API_KEY,
        METRICS_PORT: String(ports[index]),
        WORKER_HANDLERS: join(import.meta.dirname, '../handlers'),
      }
      return new Member({ service, name: `${service}-${index + 1}`, links, settings, logFolder })
    }),
  )
  const fleet = new Fleet(members)
  await fleet.restore()
  const balancer = new Balancer(() => fleet.of('api'))
  const apiUrl = await balancer.start()
  const stage: Stage = {
    random,
    fleet,
    rabbitmq,
    postgres,
    ledger,
    log: (event, detail) => void history.add(event, detail),
    sleep: (ms) => pause(ms, undefined, { signal }).catch(() => undefined),
  }
  const takeDown = async (): Promise<void> => {
    await balancer.stop()
    await fleet.stop()
    await ledger.close()
    await Promise.all([rabbitmq.stop(), postgres.server.stop()])
  }
  return { stage, apiUrl, sideLog, takeDown }
}

async function startLedger(dataFolder: string, version: PostgresVersion | undefined): Promise<LedgerControl> {
  const server = new PrivatePostgres({ dataFolder, isDurable: true, version })
  const databaseUrl = await server.start()
  return {
    server,
    databaseUrl,
    start: async () => {
      if ((await server.start()) !== databaseUrl) throw new Error('Postgres came back on another port')
    },
    connect: () => connect(databaseUrl),
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 })
  // Its end by another fault is noticed at the next question.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function link(amqpUrls: readonly string[], databaseUrl: string): Promise<Links> {
  const to = (url: string) => {
    const { hostname, port } = new URL(url)
    return createTcpProxy({ host: hostname, port: Number(port) })
  }
  return { rabbitmq: joinPaths(await Promise.all(amqpUrls.map(to))), postgres: await to(databaseUrl) }
}
