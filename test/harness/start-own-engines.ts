import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engines, startEngines } from '@redrive/engines'
import { onCleanup, REPOSITORY_FOLDER } from '@redrive/shared/testing'

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
      dataFolder,
      cacheFolder: join(REPOSITORY_FOLDER, '.redrive/cache'),
      isDurable: false,
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
    crash: () => engines.stop(),
    restart: async () => {
      engines = await start()
      if (engines.databaseUrl !== databaseUrl || engines.amqpUrl !== amqpUrl)
        throw new Error('the engine came back elsewhere')
    },
  }
}
