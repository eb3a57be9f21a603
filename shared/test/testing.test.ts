import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { beforeAll, describe, expect, test } from '@jest/globals'
import amqp from 'amqplib'
import pg from 'pg'
import {
  createTcpProxy,
  createTestDatabase,
  createTestVhost,
  onCleanup,
  testCleanup,
  waitFor,
} from '@redrive/shared/testing'

describe('a test database', () => {
  test('has the present schema, is apart from every other, and can be dropped twice', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()])
    expect(one.url).not.toBe(other.url)
    expect(await tablesOf(one.url)).toEqual(expect.arrayContaining(['attempts', 'open_tasks', 'tasks']))
    await one.drop()
    await one.drop()
    await expect(tablesOf(one.url)).rejects.toMatchObject({ code: '3D000' })
    expect(await tablesOf(other.url)).not.toEqual([])
  })
})

describe('a test vhost', () => {
  test('takes connections until it is deleted', async () => {
    const vhost = await createTestVhost()
    const connection = await amqp.connect(vhost.amqpUrl)
    connection.on('error', () => {})
    const closed = once(connection, 'close')
    await vhost.delete()
    await closed
    await vhost.delete()
    await expect(amqp.connect(vhost.amqpUrl)).rejects.toThrow(/ConnectionClose/)
  })
})

describe('waiting for a condition', () => {
  test('ends with what the condition answered, however often it failed before', async () => {
    let looks = 0
    const found = await waitFor(() => {
      looks++
      if (looks < 3) throw new Error('not yet')
      return looks
    }, 'three looks')
    expect(found).toBe(3)
  })

  test('says what it waited for and what it saw last', async () => {
    const waiting = waitFor(() => ({ ready: 0 }).ready, 'a ready thing', { deadlineMs: 50 })
    await expect(waiting).rejects.toThrow('waited 50 ms for a ready thing; last seen: 0')
    const failing = waitFor(() => Promise.reject(new Error('no route')), 'a route', { deadlineMs: 50 })
    await expect(failing).rejects.toThrow(/waited 50 ms for a route; last error: Error: no route/)
  })
})

describe('cleaning up', () => {
  test('undoes the newest first and goes on after a failure', async () => {
    const undone: string[] = []
    onCleanup(() => void undone.push('first'))
    onCleanup(() => {
      throw new Error('stuck')
    })
    onCleanup(() => void undone.push('last'))
    await expect(testCleanup()).rejects.toThrow('stuck')
    expect(undone).toEqual(['last', 'first'])
    await testCleanup()
  })
})

describe('a proxy', () => {
  let echoPort = 0
  let accepted = 0

  beforeAll(async () => {
    const echo = createServer((socket) => {
      accepted++
      socket.on('error', () => {}).pipe(socket)
    })
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
    echoPort = (echo.address() as AddressInfo).port
    onCleanup(() => void echo.close())
  })

  // n.b. `once` rejects when an error comes before the close, and here one may.
  function closing(socket: Socket): Promise<void> {
    return new Promise((resolve) => socket.once('close', () => resolve()))
  }

  async function openPath() {
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: echoPort })
    const socket = connect(proxy.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    return { proxy, socket }
  }

  async function echoOf(socket: Socket, text: string): Promise<string> {
    socket.write(text)
    const [data] = (await once(socket, 'data')) as [Buffer]
    return data.toString()
  }

  test('passes data both ways, later if it is told to', async () => {
    const { proxy, socket } = await openPath()
    expect(await echoOf(socket, 'hello')).toBe('hello')
    proxy.delay(60)
    const began = performance.now()
    expect(await echoOf(socket, 'late')).toBe('late')
    expect(performance.now() - began).toBeGreaterThan(100)
    expect(proxy.through('amqp://user:secret@broker:5672/vhost')).toBe(
      `amqp://user:secret@127.0.0.1:${proxy.port}/vhost`,
    )
  })

  test('that is cut closes what is open and refuses what comes, until it is restored', async () => {
    const { proxy, socket } = await openPath()
    const closed = closing(socket)
    proxy.cut()
    await closed
    const before = accepted
    const refused = connect(proxy.port, '127.0.0.1')
    refused.on('error', () => {})
    await closing(refused)
    expect(accepted).toBe(before)
    proxy.restore()
    const again = connect(proxy.port, '127.0.0.1')
    expect(await echoOf(again, 'back')).toBe('back')
    again.destroy()
  })

  test('that is a black hole keeps connections open and delivers nothing', async () => {
    const { proxy, socket } = await openPath()
    let received = ''
    socket.on('data', (data) => (received += data.toString()))
    proxy.blackhole()
    socket.write('lost')
    await waitFor(() => proxy.connections === 1, 'the connection to stay')
    const closed = closing(socket)
    proxy.restore()
    await closed
    expect(received).toBe('')
  })

  test('closes after a pattern, delivered or not', async () => {
    const { proxy, socket } = await openPath()
    const sprung = proxy.closeAfter('ack', { direction: 'toClient', isDelivered: false })
    let received = ''
    socket.on('data', (data) => (received += data.toString()))
    const closed = closing(socket)
    socket.write('an ack to echo')
    await sprung
    await closed
    expect(received).toBe('')
  })
})

async function tablesOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public'",
    )
    return rows.map((row) => row.name)
  } finally {
    await client.end()
  }
}
