import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  createTcpProxy,
  createTestDatabase,
  createTestVhost,
  spawnService,
  type TcpProxy,
  waitFor,
} from '@redrive/shared/testing'
import { ApiClient } from '../harness/api-client.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { ADMIN_API_KEY, type Cluster, startCluster } from '../harness/start-cluster.ts'

let toPostgres: TcpProxy
let toRabbitMq: TcpProxy
let cluster: Cluster

beforeAll(async () => {
  const [{ url }, { amqpUrl }] = await Promise.all([createTestDatabase(), createTestVhost()])
  ;[toPostgres, toRabbitMq] = await Promise.all([proxyTo(url), proxyTo(amqpUrl)])
  cluster = await startCluster({ databaseUrl: url, amqpUrl })
  cluster.settings['DATABASE_URL'] = toPostgres.through(url)
  cluster.settings['AMQP_URL'] = toRabbitMq.through(amqpUrl)
})

function proxyTo(address: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(address)
  return createTcpProxy({ host: hostname, port: Number(port) })
}

describe('engines that are absent', () => {
  test('at start: every service waits, says that it is not ready, and works once they are there', async () => {
    toPostgres.cut()
    toRabbitMq.cut()
    const services = (['api', 'dispatcher', 'worker'] as const).map((service) =>
      spawnService({ service, env: cluster.settings }),
    )
    for (const service of services) {
      const { port } = await service.waitForLog((line) => line['event'] === 'operations.listening')
      const ready = await fetch(`http://127.0.0.1:${String(port)}/readyz`)
      expect([(await fetch(`http://127.0.0.1:${String(port)}/livez`)).status, ready.status]).toEqual([
        200, 503,
      ])
    }
    toRabbitMq.restore()
    toPostgres.restore()
    for (const service of services) await service.waitForReady({ deadlineMs: 30_000 })
    const { apiUrl } = await services[0]!.waitForReady()
    const client = new ApiClient(apiUrl!, ADMIN_API_KEY)
    const id = await client.submit({ type: 'test.logged', input: { sideLog: cluster.sideLog().file } })
    expect((await client.ended(id)).state).toBe('succeeded')
    await Promise.all(services.map((service) => service.stop()))
  }, 90_000)

  test('RabbitMQ away at submission: the task is accepted, waits, and runs when it is back', async () => {
    const services = await Promise.all([cluster.start('dispatcher'), cluster.start('worker')])
    const { api, client } = await cluster.startApi()
    toRabbitMq.cut()
    const log = cluster.sideLog()
    const id = await client.submit({ type: 'test.logged', input: { sideLog: log.file } })
    expect((await client.call(`/tasks/${id}`)).body.state).toBe('waiting')
    expect((await client.call('/queues/normal')).body).toMatchObject({ waiting: 1, ready: null })
    toRabbitMq.restore()
    expect((await client.ended(id, 60_000)).state).toBe('succeeded')
    expect(log.runs()).toHaveLength(1)
    await Promise.all([api, ...services].map((service) => service.stop()))
  }, 90_000)

  test('Postgres away at submission: 503 with Retry-After, nothing half done, and the next one is accepted', async () => {
    const services = await Promise.all([cluster.start('dispatcher'), cluster.start('worker')])
    const { api, client } = await cluster.startApi()
    const log = cluster.sideLog()
    const task = { type: 'test.logged', input: { sideLog: log.file }, tags: ['refused'] }
    toPostgres.cut()
    const refused = await client.call('/tasks', { body: task })
    expect(refused).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    toPostgres.restore()
    const id = await waitFor(
      () => client.submit({ ...task, tags: ['accepted'] }),
      'a submission to be accepted',
    )
    expect((await client.ended(id)).state).toBe('succeeded')
    expect((await client.call('/tasks?tag=refused')).body.items).toEqual([])
    expect(await findLedgerViolations(cluster.database)).toEqual([])
    await Promise.all([api, ...services].map((service) => service.stop()))
  }, 90_000)

  test('an answer cut off after the commit: the same request again is the same task', async () => {
    const services = await Promise.all([cluster.start('dispatcher'), cluster.start('worker')])
    const { api, client } = await cluster.startApi()
    const log = cluster.sideLog()
    const task = { type: 'test.logged', input: { sideLog: log.file } }
    // The statement reaches Postgres and is committed, and its answer, which has this column, never comes back.
    const cut = toPostgres.closeAfter('createdAt', { direction: 'toClient', isDelivered: false })
    const ids = await Promise.all([client.submit(task, 'cut-off'), cut.then(() => null)])
    expect(await client.submit(task, 'cut-off')).toBe(ids[0])
    expect((await client.ended(ids[0] ?? '')).state).toBe('succeeded')
    expect(log.runs()).toHaveLength(1)
    await Promise.all([api, ...services].map((service) => service.stop()))
  }, 90_000)
})
