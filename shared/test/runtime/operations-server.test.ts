import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createEvents,
  createLogger,
  createMetrics,
  type EmittedEvent,
  OperationsServer,
  type Readiness,
  readinessOf,
} from '@redrive/shared/runtime'
import { startStopSuite } from './start-stop-suite.ts'

const registry = createMetrics('test')
const events = createEvents({ logger: createLogger({ service: 'test', level: 'silent' }), registry })
const servers: OperationsServer[] = []

function createServer(
  isReady: () => Readiness | Promise<Readiness> = () => readinessOf({}),
  port = 0,
): OperationsServer {
  const server = new OperationsServer({ host: '127.0.0.1', port, registry, events, isReady })
  servers.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

async function get(port: number, path: string, method = 'GET'): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  return { status: response.status, body: await response.text() }
}

describe('every operations server', () => {
  startStopSuite(() => createServer())
})

test('it says where it listens, as an event and as its answer', async () => {
  const heard: EmittedEvent[] = []
  const remove = events.subscribe((event) => heard.push(event))
  const port = await createServer().start()
  remove()
  expect(heard).toEqual([{ name: 'operations.listening', fields: { host: '127.0.0.1', port } }])
})

test('an unready process is alive and says what is missing', async () => {
  const port = await createServer(() => readinessOf({ database: 'ok', broker: 'not connected' })).start()
  expect(await get(port, '/livez')).toMatchObject({ status: 200 })
  const { status, body } = await get(port, '/readyz')
  expect(status).toBe(503)
  expect(JSON.parse(body)).toEqual({ ready: false, checks: { database: 'ok', broker: 'not connected' } })
})

test('a process with every check ok is ready', async () => {
  const port = await createServer(async () => readinessOf({ database: 'ok' })).start()
  expect(await get(port, '/readyz')).toEqual({
    status: 200,
    body: '{"ready":true,"checks":{"database":"ok"}}\n',
  })
})

test('a check that throws means not ready', async () => {
  const throws = () => {
    throw new Error('database gone')
  }
  const port = await createServer(throws).start()
  expect(await get(port, '/readyz')).toMatchObject({
    status: 503,
    body: expect.stringContaining('database gone'),
  })
})

test('a check that hangs means not ready, within seconds', async () => {
  const port = await createServer(() => new Promise<Readiness>(() => undefined)).start()
  expect(await get(port, '/readyz')).toMatchObject({
    status: 503,
    body: expect.stringContaining('no answer'),
  })
})

test('metrics are those of the process and of the events', async () => {
  const port = await createServer().start()
  events.emit('tickets.released', { lane: 'normal', count: 7 })
  const { status, body } = await get(port, '/metrics')
  expect(status).toBe(200)
  expect(body).toMatch(/^redrive_tickets_total\{outcome="released",service="test",version="[^"]+"\} 7$/m)
  expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds\{/m)
})

test('there is nothing else', async () => {
  const port = await createServer().start()
  expect(await get(port, '/')).toMatchObject({ status: 404 })
  expect(await get(port, '/livez', 'POST')).toMatchObject({ status: 404 })
})

test('a port that is taken is refused with the name of the setting', async () => {
  const port = await createServer().start()
  await expect(createServer(undefined, port).start()).rejects.toThrow(
    /METRICS_PORT.*another process listens there/,
  )
})
