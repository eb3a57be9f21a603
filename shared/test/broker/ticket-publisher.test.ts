import { describe, expect, test } from '@jest/globals'
import { EXCHANGE, inspectQueue, TicketPublisher } from '@redrive/shared/broker'
import { onCleanup, waitFor } from '@redrive/shared/testing'
import { pino } from 'pino'
import { createBrokerHarness, logger, NORMAL, startPublisher, ticket } from './broker-harness.ts'

interface FoundMessage {
  readonly payload: string
  readonly exchange: string
  readonly routing_key: string
  readonly properties: Record<string, unknown>
}

describe('publishing', () => {
  test('a confirmed ticket is in the queue of its lane, persistent, and carries its id', async () => {
    const { vhost, startPublisher } = await createBrokerHarness()
    const publisher = await startPublisher()

    expect(await publisher.publish(ticket('one'))).toBe('confirmed')

    const look = { count: 10, ackmode: 'ack_requeue_true', encoding: 'auto' }
    const found = (await vhost.manage('POST', `/queues/${vhost.vhost}/${NORMAL}/get`, look)) as FoundMessage[]
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({
      payload: '{"messageId":"one"}',
      exchange: EXCHANGE,
      routing_key: NORMAL,
    })
    expect(found[0]?.properties).toMatchObject({
      delivery_mode: 2,
      content_type: 'application/json',
      message_id: 'one',
    })
  })

  test('ten thousand at once are all confirmed and all there', async () => {
    const { startPublisher, countReady } = await createBrokerHarness()
    const publisher = await startPublisher()

    const tickets = Array.from({ length: 10_000 }, (_, index) => ticket(`many.${index}`))
    const outcomes = await Promise.all(tickets.map((each) => publisher.publish(each)))

    expect(new Set(outcomes)).toEqual(new Set(['confirmed']))
    expect(await countReady()).toBe(10_000)
  })

  test('a ticket that reaches no queue is returned, its neighbours are confirmed, and the publisher stays', async () => {
    const { vhost, startPublisher, countReady } = await createBrokerHarness()
    const publisher = await startPublisher()
    await vhost.manage('DELETE', `/bindings/${vhost.vhost}/e/${EXCHANGE}/q/${NORMAL}/${NORMAL}`)

    const outcomes = await Promise.all([
      publisher.publish({ ...ticket('high'), lane: 'high' }),
      publisher.publish(ticket('lost')),
      publisher.publish({ ...ticket('low'), lane: 'low' }),
    ])

    expect(outcomes).toEqual(['confirmed', 'returned', 'confirmed'])
    expect(await countReady()).toBe(0)
    expect(publisher.isReady).toBe(true)
  })

  test('two unroutable tickets with the same id are both returned', async () => {
    const { vhost, startPublisher } = await createBrokerHarness()
    const publisher = await startPublisher()
    await vhost.manage('DELETE', `/bindings/${vhost.vhost}/e/${EXCHANGE}/q/${NORMAL}/${NORMAL}`)

    const outcomes = await Promise.all([publisher.publish(ticket('twin')), publisher.publish(ticket('twin'))])

    expect(outcomes).toEqual(['returned', 'returned'])
  })

  test('raw bytes go back to the queue they are sent to, without a harmful content type; a missing queue returns them', async () => {
    const { vhost, startPublisher } = await createBrokerHarness()
    const publisher = await startPublisher()

    const body = Buffer.from([0, 255, 128])
    expect(
      await publisher.publishRaw({ queue: 'redrive.error', body, contentType: 'x\u0000'.repeat(500) }),
    ).toBe('confirmed')
    expect(await publisher.publishRaw({ queue: 'no.such.queue', body })).toBe('returned')

    const look = { count: 10, ackmode: 'ack_requeue_true', encoding: 'base64' }
    const found = (await vhost.manage(
      'POST',
      `/queues/${vhost.vhost}/redrive.error/get`,
      look,
    )) as FoundMessage[]
    expect(found.map(({ payload }) => payload)).toEqual([body.toString('base64')])
    expect(found[0]?.properties).not.toHaveProperty('content_type')
  })
})

describe('faults while publishing', () => {
  test('a connection cut between publish and confirm gives unknown, and the publisher works again', async () => {
    const { proxy, startPublisher, countReady } = await createBrokerHarness()
    const publisher = await startPublisher()
    const cut = proxy.closeAfter('cut.here', { direction: 'toTarget' })

    const outcome = publisher.publish(ticket('cut.here'))
    await cut

    expect(await outcome).toBe('unknown')
    await waitFor(() => publisher.isReady, 'the publisher to be back')
    expect(await publisher.publish(ticket('after'))).toBe('confirmed')
    // The broker read the first one before it saw the cut, or it did not: both are what "unknown" means.
    expect([1, 2]).toContain(await countReady())
  })

  test('without a connection the answer is unknown at once, and nothing is sent later', async () => {
    const { connect, proxy, countReady } = await createBrokerHarness()
    const connection = connect()
    const publisher = await startPublisher(connection)
    proxy.cut()
    await waitFor(() => !publisher.isReady, 'the publisher to notice')

    const outcomes = await Promise.all([publisher.publish(ticket('a')), publisher.publish(ticket('b'))])

    expect(outcomes).toEqual(['unknown', 'unknown'])
    proxy.restore()
    await waitFor(() => publisher.isReady, 'the publisher to be back')
    expect(await publisher.publish(ticket('c'))).toBe('confirmed')
    expect(await countReady()).toBe(1)
  })

  test('a confirm that does not come in time gives unknown and a new channel on the same connection', async () => {
    const { connect, proxy } = await createBrokerHarness()
    const states: string[] = []
    const connection = connect({ onState: (state) => states.push(state) })
    const publisher = await startPublisher(connection, { confirmTimeoutMs: 200 })
    proxy.delay(1_000)

    expect(await publisher.publish(ticket('slow'))).toBe('unknown')
    expect(publisher.isReady).toBe(false)

    proxy.delay(0)
    await waitFor(() => publisher.isReady, 'the publisher to have a new channel')
    expect(await publisher.publish(ticket('quick'))).toBe('confirmed')
    expect(states).toEqual(['connected'])
  })

  test('a lane that refuses everything has the channel replaced; the lanes beside it go on, and so does it in the end', async () => {
    const { vhost, connect } = await createBrokerHarness()
    const lines: string[] = []
    const telling = pino({ base: null }, { write: (line) => lines.push(line) })
    const publisher = new TicketPublisher({ connection: connect(), logger: telling })
    publisher.start()
    onCleanup(() => publisher.stop())
    const policy = `/policies/${vhost.vhost}/full`
    const publish = async (lane: 'high' | 'normal') =>
      await publisher.publish({ ...ticket(`to.${lane}`), lane })
    await waitFor(async () => (await publish('normal')) === 'confirmed', 'a first ticket')
    await vhost.manage('PUT', policy, {
      pattern: NORMAL,
      definition: { 'max-length': 1 },
      'apply-to': 'queues',
    })

    const refuses = `${NORMAL} refuses every message`
    await waitFor(async () => {
      await publish('normal')
      return lines.some((line) => line.includes(refuses))
    }, 'the channel to be replaced')

    await waitFor(async () => (await publish('high')) === 'confirmed', 'a ticket in the lane beside it')
    expect(await publish('normal')).toBe('unknown')
    await vhost.manage('DELETE', policy)
    await waitFor(async () => (await publish('normal')) === 'confirmed', 'a ticket in the lane that was full')
  })

  test('an exchange that an operator deleted is declared again by the publisher itself', async () => {
    const { vhost, startPublisher, direct } = await createBrokerHarness()
    const publisher = await startPublisher()
    await vhost.manage('DELETE', `/exchanges/${vhost.vhost}/${EXCHANGE}`)

    expect(await publisher.publish(ticket('nowhere'))).toBe('unknown')

    await waitFor(
      async () => (await publisher.publish(ticket('again'))) === 'confirmed',
      'publishing to work again',
    )
    expect(await inspectQueue(direct, NORMAL)).toMatchObject({ ready: 1 })
  })

  test('a broker that takes nothing has no room, and no more waits for it than may', async () => {
    const { startPublisher, proxy } = await createBrokerHarness()
    const publisher = await startPublisher({ maxInFlight: 5, maxWaiting: 10 })
    expect(publisher.hasRoom).toBe(true)
    proxy.blackhole()
    const held = Array.from({ length: 15 }, (_, index) => publisher.publish(ticket(`held.${index}`)))
    expect(publisher.hasRoom).toBe(false)
    expect(publisher.isReady).toBe(true)

    expect(await publisher.publish(ticket('beyond'))).toBe('unknown')

    proxy.restore()
    expect(new Set(await Promise.all(held))).toEqual(new Set(['unknown']))
    await waitFor(() => publisher.hasRoom, 'room again')
    expect(await publisher.publish(ticket('later'))).toBe('confirmed')
  })
})

describe('stopping a publisher', () => {
  test('what it holds is confirmed first; then everything is unknown, and stopping again is harmless', async () => {
    const { startPublisher, countReady } = await createBrokerHarness()
    const publisher = await startPublisher({ maxInFlight: 10 })
    const held = Array.from({ length: 500 }, (_, index) => publisher.publish(ticket(`held.${index}`)))

    const [outcomes] = await Promise.all([Promise.all(held), publisher.stop(), publisher.stop()])

    expect(new Set(outcomes)).toEqual(new Set(['confirmed']))
    expect(await countReady()).toBe(500)
    expect(publisher.isReady).toBe(false)
    expect(await publisher.publish(ticket('late'))).toBe('unknown')
    await publisher.stop()
  })

  test('a broker that says nothing does not hold it up beyond the deadline', async () => {
    const { startPublisher, proxy } = await createBrokerHarness()
    const publisher = await startPublisher()
    proxy.blackhole()
    const outcome = publisher.publish(ticket('unheard'))

    await publisher.stop(100)

    expect(await outcome).toBe('unknown')
  })

  test('one that never started stops, too', async () => {
    const { direct } = await createBrokerHarness()
    const publisher = new TicketPublisher({ connection: direct, logger })

    await publisher.stop()

    expect(await publisher.publish(ticket('never'))).toBe('unknown')
  })
})
