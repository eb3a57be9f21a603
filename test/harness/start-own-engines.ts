import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engines, startEngines } from '@redrive/engines'
import { onCleanup, REPOSITORY_FOLDER } from '@redrive/shared/testing'
import { engineVersions } from './engine-versions.ts'

export interface OwnEngines {
  readonly addresses: { readonly databaseUrl: string; readonly amqpUrl: string }
  /** Kills the engine's processes with SIGKILL. */
  crash(): Promise<void>
  /** Starts it again on the same addresses with the data that it had. */
  restart(): Promise<void>
}

const SHARED = { databaseUrl: process.env['DATABASE_URL'] ?? '', amqpUrl: process.env['AMQP_URL'] ?? '' }

/** An engine that this test file may kill, beside the shared one of the other kind. */
export async function startOwnEngine(kind: 'postgres' | 'rabbitmq'): Promise<OwnEngines> {
  const dataFolder = mkdtempSync(join(tmpdir(), `redrive-own-${kind}-`))
  const given = kind === 'postgres' ? { amqpUrl: SHARED.amqpUrl } : { databaseUrl: SHARED.databaseUrl }
  const start = (): Promise<Engines> =>
    startEngines({
      given,
      versions: engineVersions(),
      dataFolder,
      cacheFolder: join(REPOSITORY_FOLDER, '.redrive/cache/rabbitmq'),
      // A Postgres that may forget its last commits would prove nothing; RabbitMQ is killed at once when not durable.
      isDurable: kind === 'postgres',
      onProgress: () => {},
    })
  let engines = await start()
  const { databaseUrl, amqpUrl } = engines
  onCleanup(async () => {
    await engines.stop()
    rmSync(dataFolder, { recursive: true, force: true })
  })
  return {
    addresses: { databaseUrl, amqpUrl },
    crash: async () => {
      if (kind === 'postgres') process.kill(postmasterOf(dataFolder), 'SIGKILL')
      await engines.stop()
    },
    restart: async () => {
      engines = await start()
      if (engines.databaseUrl !== databaseUrl || engines.amqpUrl !== amqpUrl)
        throw new Error('the engine came back elsewhere')
    },
  }
}

function postmasterOf(dataFolder: string): number {
  return Number(JSON.parse(readFileSync(join(dataFolder, 'postgres/process.json'), 'utf8')).pid)
}
