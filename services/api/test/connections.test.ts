import { afterEach, expect, test } from '@jest/globals'
import { readFileLimit } from '@redrive/shared/runtime'
import { waitFor } from '@redrive/shared/testing'
import { connect, type Socket } from 'node:net'
import { type ApiUnderTest, KEY, startApi } from './api-under-test.ts'

const addition = { type: 'math.add', input: { a: 2, b: 3 } }
const submit = (api: ApiUnderTest) => api.call('POST', '/api/v1/tasks', { body: addition })

/** A connection of which the test sees what came and whether it has ended. */
interface Client {
  readonly socket: Socket
  answer: string
  isClosed: boolean
}

const clients: Client[] = []
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy()
})

function open(url: string, bytes = ''): Promise<Client> {
  const { hostname, port } = new URL(url)
  const client: Client = { socket: connect(Number(port), hostname), answer: '', isClosed: false }
  clients.push(client)
  const { promise, resolve } = Promise.withResolvers<Client>()
  client.socket.on('connect', () => {
    if (bytes !== '') client.socket.write(bytes)
    resolve(client)
  })
  client.socket.on('data', (data) => (client.answer += data.toString('latin1')))
  client.socket.on('close', () => {
    client.isClosed = true
    resolve(client)
  })
  // Its end is what the test looks at, in whatever way it comes.
  client.socket.on('error', () => undefined)
  return promise
}

async function openMany(count: number, url: string, bytes = ''): Promise<readonly Client[]> {
  const opened: Client[] = []
  // Fewer at a time than the listener's backlog takes.
  while (opened.length < count) {
    const size = Math.min(250, count - opened.length)
    opened.push(...(await Promise.all(Array.from({ length: size }, () => open(url, bytes)))))
  }
  return opened
}

async function gauge({ operationsUrl }: ApiUnderTest, series: string): Promise<number> {
  const metrics = await (await fetch(`${operationsUrl}/metrics`)).text()
  return Number(new RegExp(`^${series}\\S* (\\S+)`, 'm').exec(metrics)?.[1])
}

test('idle connections make room for new ones, the longest idle first', async () => {
  const api = await startApi({ MAX_CONNECTIONS: '40' })
  const silent = await openMany(40, api.url)
  const kept = await open(api.url, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
  await waitFor(() => kept.answer.includes('200 OK'), 'an answer on a connection over the bound')
  await waitFor(() => silent[0]?.isClosed, 'the longest idle connection to be closed')
  expect(kept.isClosed).toBe(false)
  for (let count = 0; count < 20; count += 1) expect((await submit(api)).status).toBe(202)
  await api.service.waitForLog((line) => line['event'] === 'connections.full')
  const { logs } = api.service
  expect(logs.filter((line) => line['event'] === 'connections.full')).toHaveLength(1)
}, 240_000)

test('where every connection is in use a new one is told to come again, and is served when one has ended', async () => {
  const api = await startApi({ MAX_CONNECTIONS: '10' })
  const begun = `POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`
  const busy = await openMany(10, api.url, begun)
  await waitFor(
    async () => (await gauge(api, 'redrive_http_connections\\{state="busy"')) === 10,
    'ten requests in progress',
  )
  const refused = await open(api.url, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
  await waitFor(() => refused.answer, 'an answer on the connection over the bound')
  expect(refused.answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 2[\s\S]*SERVER_BUSY/i)
  await waitFor(() => refused.isClosed, 'the refused connection to be closed')
  expect(busy.filter(({ isClosed }) => isClosed)).toEqual([])
  expect(await gauge(api, 'redrive_connections_cut_total\\{reason="refused"')).toBeGreaterThan(0)
  busy[0]?.socket.destroy()
  await waitFor(async () => (await submit(api)).status === 202, 'a new connection to be served')
}, 240_000)

test('ten thousand idle connections take bounded memory and nobody’s place', async () => {
  const api = await startApi()
  // Both ends are files; some are left for the test itself.
  const count = Math.min(10_000, (readFileLimit() ?? 10_000) - 500)
  const idle = await openMany(count, api.url, 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n')
  await waitFor(
    () => {
      const silent = idle.filter(({ answer }) => !answer.includes('200 OK'))
      expect([silent.length, silent[0]?.answer]).toEqual([0, undefined])
      return true
    },
    'an answer on each connection',
    { deadlineMs: 60_000 },
  )
  for (let sent = 0; sent < 50; sent += 1) expect((await submit(api)).status).toBe(202)
  expect(await gauge(api, 'redrive_http_connections\\{state="idle"')).toBeGreaterThanOrEqual(count)
  expect(await gauge(api, 'process_resident_memory_bytes')).toBeLessThan(700 * 1_048_576)
  expect(idle.filter(({ isClosed }) => isClosed)).toEqual([])
  for (const { socket } of idle) socket.destroy()
  await waitFor(
    async () => (await gauge(api, 'redrive_http_connections\\{state="idle"')) < 20,
    'the connections to be let go',
  )
  expect((await submit(api)).status).toBe(202)
}, 240_000)

test('senders that drip their headers are ended with 408 while others are served', async () => {
  const api = await startApi()
  const slow = await openMany(300, api.url, 'POST /api/v1/tasks HTTP/1.1\r\nHost: x\r\nX-Slow: ')
  await waitFor(
    async () => {
      for (const { socket, isClosed } of slow) if (!isClosed) socket.write('a')
      expect((await submit(api)).status).toBe(202)
      return slow.every(({ isClosed }) => isClosed)
    },
    'every slow sender to be cut off',
    { deadlineMs: 60_000 },
  )
  const answered = slow.filter(({ answer }) => /^HTTP\/1\.1 408 [\s\S]*REQUEST_TIMEOUT/.test(answer))
  expect(answered.length).toBeGreaterThan(0)
}, 240_000)

test('the operations port answers probes beside hundreds of silent connections, and ends those', async () => {
  const api = await startApi()
  const silent = await openMany(300, api.operationsUrl)
  expect((await fetch(`${api.operationsUrl}/livez`)).status).toBe(200)
  await waitFor(() => silent.every(({ isClosed }) => isClosed), 'silent connections to be ended')
  expect((await fetch(`${api.operationsUrl}/metrics`)).status).toBe(200)
}, 240_000)
