import { expect, test } from '@jest/globals'
import { createTcpProxy, createTestVhost } from '@redrive/shared/testing'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { startCluster } from '../harness/start-cluster.ts'

test('told to stop while RabbitMQ is away, every service ends with 0, and what it held runs once afterwards', async () => {
  const { amqpUrl } = await createTestVhost()
  const { hostname, port } = new URL(amqpUrl)
  const toRabbitMq = await createTcpProxy({ host: hostname, port: Number(port) })
  const cluster = await startCluster({ amqpUrl })
  const through = { AMQP_URL: toRabbitMq.through(amqpUrl) }
  const cutOff = await Promise.all([cluster.start('dispatcher', through), cluster.start('worker', through)])
  const { api, client } = await cluster.startApi(through)
  toRabbitMq.cut()
  const log = cluster.sideLog()
  const id = await client.submit({ type: 'test.logged', input: { sideLog: log.file } })
  for (const service of [...cutOff, api])
    expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  await Promise.all([cluster.start('dispatcher'), cluster.start('worker')])
  const { client: again } = await cluster.startApi()
  const { state, attempts } = await again.ended(id, 60_000)
  expect([state, attempts.length, log.runs().length]).toEqual(['succeeded', 1, 1])
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 120_000)
