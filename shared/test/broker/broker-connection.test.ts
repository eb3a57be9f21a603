import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { BrokerConnection } from '@redrive/shared/broker'
import { onCleanup, waitFor } from '@redrive/shared/testing'
import { createBrokerHarness, logger, startPublisher, ticket } from './broker-harness.ts'

/** A path to the broker that can say to the client what a broker short of memory says. */
async function createTalkingPath(url: string) {
  const { hostname, port } = new URL(url)
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    const target = connectSocket(Number(port), hostname)
    clients.add(client)
    client.pipe(target).pipe(client)
    for (const socket of [client, target])
      socket.on('error', () => [client, target].map((each) => each.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onCleanup(() => {
    for (const client of clients) client.destroy()
    server.close()
  })
  // A method frame of class 10 (connection) on channel 0: type, channel, size, class, method, arguments, end.
  const say = (method: number, text: string): void => {
    const payload = Buffer.concat([Buffer.from([0, 10, 0, method]), Buffer.from(text)])
    const size = Buffer.alloc(4)
    size.writeUInt32BE(payload.length)
    for (const client of clients)
      client.write(Buffer.concat([Buffer.from([1, 0, 0]), size, payload, Buffer.from([0xce])]))
  }
  const through = new URL(url)
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: through.href, block: () => say(60, '\u0003low'), unblock: () => say(61, '') }
}

describe('connecting', () => {
  test('a broker that is absent at first is connected to once it is there', async () => {
    const { connect, proxy } = await createBrokerHarness()
    proxy.cut()
    const connection = connect()
    const publisherReady = startPublisher(connection)
    expect(connection.isConnected).toBe(false)

    proxy.restore()
    const publisher = await publisherReady
    expect(connection.state).toBe('connected')
    expect(await publisher.publish(ticket('first'))).toBe('confirmed')
  })

  test('a broker that is silent during the handshake ends the try, and the next one succeeds', async () => {
    const { connect, proxy } = await createBrokerHarness()
    proxy.blackhole()
    const connection = connect({ connectTimeoutMs: 200 })
    await waitFor(() => proxy.connections > 0, 'the first try')
    await waitFor(() => proxy.connections === 0, 'the end of the first try')

    proxy.restore()
    await waitFor(() => connection.isConnected, 'the connection')
  })

  test('a broker that answers later than the first try waits is reached by a later one', async () => {
    const { connect, proxy } = await createBrokerHarness()
    proxy.delay(300)
    const connection = connect({ connectTimeoutMs: 200 })

    await waitFor(() => connection.isConnected, 'the connection')
  })

  test('with several addresses, one that works is enough', async () => {
    const { connect, vhost } = await createBrokerHarness()
    const connection = connect({ urls: ['amqp://127.0.0.1:1', 'amqp://127.0.0.1:2', vhost.amqpUrl] })

    await waitFor(() => connection.isConnected, 'the connection')
  })

  test('with several addresses, a node that takes connections and says nothing leads to the next one', async () => {
    const { connect, vhost, proxy } = await createBrokerHarness()
    proxy.blackhole()
    const urls = [proxy.through(vhost.amqpUrl), vhost.amqpUrl]
    // Each picks its first address by chance, so among ten some begin at the silent one.
    const connections = Array.from({ length: 10 }, () => connect({ urls }))

    await waitFor(() => connections.every(({ isConnected }) => isConnected), 'every connection')
  })
})

describe('losing a connection', () => {
  test('a broker that freezes is noticed by its missing heartbeats', async () => {
    const { connect, proxy } = await createBrokerHarness()
    const states: string[] = []
    const connection = connect({
      heartbeatS: 1,
      connectTimeoutMs: 500,
      onState: (state) => states.push(state),
    })
    const publisher = await startPublisher(connection)

    proxy.blackhole()
    await waitFor(() => !connection.isConnected, 'the missing heartbeats')
    proxy.restore()
    await waitFor(() => publisher.isReady, 'the publisher to be back')

    expect(states).toEqual(['connected', 'disconnected', 'connected'])
    expect(await publisher.publish(ticket('thawed'))).toBe('confirmed')
  })

  test('a connection that is lost again and again while channels are built does not wedge', async () => {
    const { connect, proxy } = await createBrokerHarness()
    const firstLoss = proxy.closeAfter('redrive.tasks', { isDelivered: false })
    const connection = connect()
    const publisherReady = startPublisher(connection)
    await firstLoss
    await proxy.closeAfter('redrive.tasks', { isDelivered: false })
    await proxy.closeAfter('redrive.tasks', { isDelivered: true })

    const publisher = await publisherReady
    expect(await publisher.publish(ticket('at last'))).toBe('confirmed')
  })

  test('while the broker blocks, a publish is unknown at once; afterwards it is confirmed on the same connection', async () => {
    const { connect, vhost, countReady } = await createBrokerHarness()
    const path = await createTalkingPath(vhost.amqpUrl)
    const states: string[] = []
    const connection = connect({ urls: [path.url], onState: (state) => states.push(state) })
    const publisher = await startPublisher(connection)

    path.block()
    await waitFor(() => connection.isBlocked, 'the block')
    expect(publisher.isReady).toBe(false)
    expect(connection.isConnected).toBe(true)
    expect(await publisher.publish(ticket('blocked'))).toBe('unknown')

    path.unblock()
    await waitFor(() => publisher.isReady, 'the end of the block')
    expect(await publisher.publish(ticket('unblocked'))).toBe('confirmed')
    expect(states).toEqual(['connected', 'blocked', 'connected'])
    expect(await countReady()).toBe(1)
  })
})

describe('stopping a connection', () => {
  test('stopping is idempotent and leaves no socket', async () => {
    const { connect, proxy } = await createBrokerHarness()
    const connection = connect()
    await waitFor(() => connection.isConnected, 'the connection')

    await Promise.all([connection.stop(), connection.stop()])
    await connection.stop()

    expect(connection.state).toBe('stopped')
    await waitFor(() => proxy.connections === 0, 'the socket to be closed')
  })

  test('a frozen broker does not hold it up, and its socket is cut', async () => {
    const { connect, proxy } = await createBrokerHarness()
    const connection = connect()
    await waitFor(() => connection.isConnected, 'the connection')
    proxy.blackhole()

    await connection.stop()

    await waitFor(() => proxy.connections === 0, 'the socket to be cut')
  })

  test('stopping during the handshake leaves no connection behind', async () => {
    const { connect, proxy } = await createBrokerHarness()
    proxy.delay(100)
    const connection = connect()
    await waitFor(() => proxy.connections === 1, 'the try')

    await connection.stop()

    expect(connection.isConnected).toBe(false)
    await waitFor(() => proxy.connections === 0, 'the late connection to be closed')
  })

  test('one that never started stops, and one without a usable address cannot be made', async () => {
    const connection = new BrokerConnection({ urls: ['amqp://127.0.0.1:1'], name: 'idle', logger })
    await connection.stop()
    expect(connection.state).toBe('stopped')
    connection.start()
    expect(connection.isConnected).toBe(false)
    expect(() => new BrokerConnection({ urls: ['not a url'], name: 'nowhere', logger })).toThrow('not a URL')
    expect(() => new BrokerConnection({ urls: [], name: 'nowhere', logger })).toThrow('at least one address')
  })
})
