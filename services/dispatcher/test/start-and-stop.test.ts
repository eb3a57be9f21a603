import { expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import { encodeTicket } from '@redrive/shared/task'
import { createTcpProxy, waitFor } from '@redrive/shared/testing'
import { createDispatcherFixture, ticketOf } from './dispatcher-fixture.ts'

const QUEUE = laneQueue('normal')

async function proxyTo(address: string) {
  const { hostname, port } = new URL(address)
  return createTcpProxy({ host: hostname, port: Number(port) })
}

async function readinessOf(operationsUrl: string) {
  const response = await fetch(`${operationsUrl}/readyz`)
  return { status: response.status, body: (await response.json()) as { checks: Record<string, string> } }
}

test('it may start before Postgres and RabbitMQ, waits for both, and works when they come', async () => {
  const fixture = await createDispatcherFixture()
  const [ledger, broker] = [await proxyTo(fixture.url), await proxyTo(fixture.vhost.amqpUrl)]
  ledger.cut()
  broker.cut()
  const dispatcher = fixture.spawnDispatcher({
    DATABASE_URL: ledger.through(fixture.url),
    AMQP_URL: broker.through(fixture.vhost.amqpUrl),
  })
  const { port } = await dispatcher.waitForLog((line) => line['event'] === 'operations.listening')
  const operationsUrl = `http://127.0.0.1:${String(port)}`
  const { status, body } = await readinessOf(operationsUrl)
  expect(status).toBe(503)
  expect(Object.keys(body.checks)).toEqual(['ledger', 'topology', 'publisher', 'recorder'])
  expect((await fetch(`${operationsUrl}/livez`)).status).toBe(200)
  expect((await fetch(`${operationsUrl}/metrics`)).status).toBe(200)

  broker.restore()
  ledger.restore()
  await dispatcher.waitForReady({ deadlineMs: 30_000 })
  await dispatcher.waitForLog((line) => line['event'] === 'service.ready')
  const taskId = await fixture.submit()
  const lane = fixture.consume(QUEUE)
  await waitFor(() => lane.deliveries.map(ticketOf).some((ticket) => ticket.taskId === taskId), 'its ticket')
  expect(await dispatcher.stop()).toEqual({ code: 0, signal: null })
}, 60_000)

test('what the error queue brings while the ledger is away is held, and recorded when it is back', async () => {
  const fixture = await createDispatcherFixture()
  const ledger = await proxyTo(fixture.url)
  const dispatcher = await fixture.startDispatcher({ DATABASE_URL: ledger.through(fixture.url) })
  const worker = await fixture.startWorker()
  const taskId = await fixture.submit()
  const deadLetterId = await fixture.fail(await fixture.claim(worker.id, taskId))
  ledger.cut()
  const dead = { exchange: 'redrive.dead', routingKey: QUEUE }
  await fixture.publishStraight(encodeTicket({ taskId, number: 1 }), dead)
  await fixture.publishStraight('not a ticket', dead)
  await dispatcher.waitForLog((line) => String(line['message']).startsWith('The recorder holds its messages'))
  expect(await fixture.deadLetters()).toMatchObject([{ state: 'carried' }])
  ledger.restore()
  await waitFor(
    async () => (await fixture.deadLetter(deadLetterId)).state === 'open',
    'the dead letter to be open',
  )
  await waitFor(async () => (await fixture.deadLetters()).length === 2, 'the foreign message to be kept')
  expect(await dispatcher.stop()).toEqual({ code: 0, signal: null })
}, 60_000)

test('it stops within its grace while the ledger is away, and leaves what it held in the error queue', async () => {
  const fixture = await createDispatcherFixture()
  const ledger = await proxyTo(fixture.url)
  const dispatcher = await fixture.startDispatcher({ DATABASE_URL: ledger.through(fixture.url) })
  ledger.cut()
  await fixture.publishStraight('held', { exchange: 'redrive.dead', routingKey: QUEUE })
  await dispatcher.waitForLog((line) => String(line['message']).startsWith('The recorder holds its messages'))
  expect(await dispatcher.stop()).toEqual({ code: 0, signal: null })
  expect(await fixture.readyIn('redrive.error')).toBe(1)
}, 60_000)

test('a queue with other arguments ends it with one clear message', async () => {
  const fixture = await createDispatcherFixture()
  await fixture.vhost.manage('PUT', `/queues/${fixture.vhost.vhost}/${QUEUE}`, {
    durable: true,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 },
  })
  const dispatcher = fixture.spawnDispatcher()
  expect(await dispatcher.exited).toEqual({ code: 1, signal: null })
  const drifted = dispatcher.logs.filter((line) => line['event'] === 'topology.drifted')
  expect(drifted).toHaveLength(1)
  expect(drifted[0]).toMatchObject({ level: 'fatal', object: `queue ${QUEUE}` })
}, 30_000)
