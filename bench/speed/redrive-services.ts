import { setTimeout as delay } from 'node:timers/promises'
import { createTestDatabase, createTestVhost, spawnService } from '@redrive/shared/testing'
import pg from 'pg'

const SERVICES = ['worker', 'dispatcher', 'api'] as const
const KEY = 'a-key-for-the-benchmark-that-is-long-enough'

/** One api, one dispatcher and one worker with their default settings, on a database and a virtual host of their own. */
export interface RedriveServices {
  readonly apiUrl: string
  readonly headers: Readonly<Record<string, string>>
  readonly processes: ReadonlyMap<number, string>
  /** Resolves when no task is open any more, some 25 ms late on average. */
  untilAllEnded(): Promise<void>
  close(): Promise<void>
}

const LOOK_EVERY_MS = 50

export async function startRedrive(changes: Readonly<Record<string, string>> = {}): Promise<RedriveServices> {
  const [database, vhost] = await Promise.all([createTestDatabase(), createTestVhost()])
  const env = {
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    AMQP_URL: vhost.amqpUrl,
    ADMIN_API_KEY: KEY,
    ...changes,
  }
  const services = SERVICES.map((service) => spawnService({ service, env }))
  const [, , api] = await Promise.all(services.map((service) => service.waitForReady()))
  const pool = new pg.Pool({ connectionString: database.url, max: 1 })
  // One row tells as much as all of them, and costs next to nothing.
  const isAnyOpen = async (): Promise<boolean> => {
    const { rows } = await pool.query<{ open: boolean }>('select exists (select from open_tasks) as open')
    return rows[0]?.open ?? false
  }
  return {
    apiUrl: api?.apiUrl ?? '',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    processes: new Map(services.map(({ pid }, index) => [pid, SERVICES[index] ?? ''])),
    untilAllEnded: async () => {
      while (await isAnyOpen()) await delay(LOOK_EVERY_MS)
    },
    async close() {
      await Promise.all(services.map((service) => service.stop()))
      await pool.end()
      await Promise.all([database.drop(), vhost.delete()])
    },
  }
}
