import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngines } from '@redrive/engines'
import { onCleanup, REPOSITORY_FOLDER } from '@redrive/shared/testing'

/**
 * Engines of the benchmark's own that write through to the disk, as a deployment's do; databases and virtual hosts on them are
 * made as for a test. Returns the folder of their data. They are gone after `testCleanup`.
 */
export async function startBenchEngines(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-bench-'))
  const engines = await startEngines({
    given: {},
    dataFolder: folder,
    cacheFolder: join(REPOSITORY_FOLDER, '.redrive/cache/rabbitmq'),
    isDurable: true,
    onProgress: (text) => console.error(text),
  })
  onCleanup(async () => {
    await engines.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const { databaseUrl, amqpUrl, amqpManagementUrl } = engines
  process.env['DATABASE_URL'] = databaseUrl
  process.env['AMQP_URL'] = amqpUrl
  if (amqpManagementUrl !== null) process.env['AMQP_MANAGEMENT_URL'] = amqpManagementUrl
  return folder
}
