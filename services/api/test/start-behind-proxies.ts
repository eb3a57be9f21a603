import { createDatabase } from '@redrive/shared/database'
import {
  createTcpProxy,
  createTestDatabase,
  createTestVhost,
  onCleanup,
  spawnService,
} from '@redrive/shared/testing'
import { KEY, registerTypes } from './api-under-test.ts'

/** A database and a virtual host, and what starts an api that reaches both through proxies only. */
export async function startBehindProxies(env: Readonly<Record<string, string>> = {}) {
  const [database, vhost] = await Promise.all([createTestDatabase(), createTestVhost()])
  const ledger = createDatabase({
    url: database.url,
    poolSize: 2,
    statementTimeoutMs: 10_000,
    applicationName: 'test',
  })
  onCleanup(() => ledger.close())
  const { db } = ledger
  await registerTypes(db)
  const postgres = await createTcpProxy(targetOf(database.url))
  const rabbit = await createTcpProxy(targetOf(vhost.amqpUrl))
  const start = () =>
    spawnService({
      service: 'api',
      env: {
        ADMIN_API_KEY: KEY,
        DATABASE_URL: postgres.through(database.url),
        AMQP_URL: rabbit.through(vhost.amqpUrl),
        ...env,
      },
    })
  return { db, vhost, postgres, rabbit, start }
}

function targetOf(url: string) {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
