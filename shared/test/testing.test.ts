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
  let ended = 0
  let echoed = 0

  beforeAll(async () => {
    const echo = createServer((socket) => {
      accepted++
      socket
        .on('error', () => {})
        .on('close', () => ended++)
        .on('data', (data) => (echoed += data.length))
        .pipe(socket)
    })
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
    echoPort = (echo.address() as AddressInfo).port
    onCleanup(() => void echo.close())
  })

  // n.b. `once` rejects when an error comes before the close, and here one may.
  function closing(socket: Socket): Promise<void> {
    return new Promise((resolve) => socket.once('close', () => resolve()))
  }

  function receiving(socket: Socket): { text: string } {
    const received = { text: '' }
    socket.on('data', (data) => (received.text += data.toString()))
    return received
  }

  async function openPath(port = echoPort) {
    const proxy = await createTcpProxy({ host: '127.0.0.1', port })
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

  test('closes after a pattern, delivered or not, also when it comes in pieces', async () => {
    const { proxy, socket } = await openPath()
    const received = receiving(socket)
    proxy.split(1)
    const sprung = proxy.closeAfter('ack', { direction: 'toClient', isDelivered: false })
    const closed = closing(socket)
    socket.write('an ack to echo')
    await sprung
    await closed
    expect(received.text).toBe('an ac')
  })

  test('does not take a pattern that has passed before for a new one', async () => {
    const { proxy, socket } = await openPath()
    expect(await echoOf(socket, 'ack')).toBe('ack')
    void proxy.closeAfter('ack')
    expect(await echoOf(socket, ' and on')).toBe(' and on')
  })

  test('keeps the answer back to what has arrived', async () => {
    const arrived: string[] = []
    const server = createServer((socket) => {
      socket
        .on('error', () => {})
        .on('data', (data) => {
          arrived.push(data.toString())
          socket.write('done')
        })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onCleanup(() => void server.close())
    const { proxy, socket } = await openPath((server.address() as AddressInfo).port)
    const received = receiving(socket)
    const closed = closing(socket)
    const sprung = proxy.closeAfter('commit', { isAnswered: true })
    socket.write('commit')
    await sprung
    await closed
    expect(arrived).toEqual(['commit'])
    expect(received.text).toBe('')
  })

  test('hides from the target that the client ended after a pattern', async () => {
    const { proxy, socket } = await openPath()
    expect(await echoOf(socket, 'hello')).toBe('hello')
    const before = ended
    const closed = closing(socket)
    const sprung = proxy.closeAfter('begin', { isSilent: true })
    socket.write('begin')
    await sprung
    await closed
    const again = connect(proxy.port, '127.0.0.1')
    expect(await echoOf(again, 'sound')).toBe('sound')
    expect(ended).toBe(before)
    again.destroy()
    proxy.restore()
    await waitFor(() => ended === before + 2, 'the target to be told')
  })

  test('resets a connection after an exact number of bytes, and takes new ones', async () => {
    const arrived: Buffer[] = []
    const server = createServer((socket) => {
      socket.on('error', () => {}).on('data', (data) => arrived.push(data))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onCleanup(() => void server.close())
    const { proxy, socket } = await openPath((server.address() as AddressInfo).port)
    const failed = once(socket, 'error')
    const sprung = proxy.resetAfter(10, 'toTarget')
    socket.write('1234567')
    socket.write('89abcdef')
    await sprung
    await expect(failed).resolves.toMatchObject([{ code: 'ECONNRESET' }])
    await waitFor(() => Buffer.concat(arrived).toString() === '123456789a', 'the bytes before the reset')
    const again = connect(proxy.port, '127.0.0.1')
    again.write('more')
    await waitFor(() => Buffer.concat(arrived).toString() === '123456789amore', 'the next connection')
    again.destroy()
  })

  test('delivers everything in order, in pieces, throttled and at uneven times', async () => {
    const { proxy, socket } = await openPath()
    const received = receiving(socket)
    proxy.split(3)
    proxy.delay(1, { jitterMs: 30 })
    proxy.throttle(20_000)
    const sent = Array.from({ length: 200 }, (_, index) => `${index},`)
    for (const piece of sent) socket.write(piece)
    await waitFor(() => received.text === sent.join(''), 'all of it')
    socket.destroy()
  })

  test('that is throttled makes the sender wait, and lets everything through when it is restored', async () => {
    const { proxy, socket } = await openPath()
    proxy.throttle(1_000)
    const sent = Buffer.alloc(32_000_000, 'x')
    let received = 0
    socket.on('data', (data) => (received += data.length))
    socket.write(sent)
    await waitFor(() => socket.writableLength > 0, 'the sender to be held up')
    await waitFor(() => received > 0, 'the first bytes')
    expect(received).toBeLessThan(sent.length)
    proxy.restore()
    await waitFor(() => received === sent.length, 'the rest')
    socket.destroy()
  })

  test('that is a black hole tells neither end that the other has gone', async () => {
    const { proxy, socket } = await openPath()
    expect(await echoOf(socket, 'hello')).toBe('hello')
    const before = ended
    proxy.blackhole()
    socket.destroy()
    await waitFor(() => proxy.connections === 0, 'the client to have gone')
    expect(ended).toBe(before)
    proxy.restore()
    await waitFor(() => ended === before + 1, 'the other end to be told')
  })

  test('that is a black hole one way delivers the other way', async () => {
    const { proxy, socket } = await openPath()
    const received = receiving(socket)
    proxy.blackhole('toClient')
    const before = echoed
    socket.write('heard')
    await waitFor(() => echoed === before + 5, 'the bytes to arrive')
    expect(received.text).toBe('')
    socket.destroy()
    proxy.restore()
  })

  test('that abandons connections leaves the other end open and silent', async () => {
    const { proxy, socket } = await openPath()
    expect(await echoOf(socket, 'hello')).toBe('hello')
    const before = ended
    proxy.abandon('target')
    await waitFor(() => ended === before + 1, 'the target to see its end')
    const again = connect(proxy.port, '127.0.0.1')
    expect(await echoOf(again, 'sound')).toBe('sound')
    expect(socket.destroyed).toBe(false)
    const closed = closing(socket)
    proxy.restore()
    await closed
    expect(await echoOf(again, 'still')).toBe('still')
    again.destroy()
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
