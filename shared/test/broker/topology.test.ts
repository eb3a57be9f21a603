import { describe, expect, test } from '@jest/globals'
import {
  assertTopology,
  BrokerUnavailableError,
  describeTopology,
  establishTopology,
  inspectQueue,
  TOPOLOGY,
  TopologyDriftError,
} from '@redrive/shared/broker'
import { createTestVhost } from '@redrive/shared/testing'
import { createBrokerHarness, logger, NORMAL, startPublisher, ticket } from './broker-harness.ts'

interface FoundQueue {
  readonly name: string
  readonly durable: boolean
  readonly arguments: Record<string, unknown>
}

async function driftOf(
  kind: 'exchanges' | 'queues',
  name: string,
  body: object,
): Promise<TopologyDriftError> {
  const { connect } = await createBrokerHarness()
  const vhost = await createTestVhost()
  await vhost.manage('PUT', `/${kind}/${vhost.vhost}/${name}`, { durable: true, ...body })
  const error: unknown = await assertTopology(connect({ urls: [vhost.amqpUrl] })).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(TopologyDriftError)
  return error as TopologyDriftError
}

describe('declaring the topology', () => {
  test('declaring it twice, even at the same time, is harmless and keeps what the queues hold', async () => {
    const { direct, countReady } = await createBrokerHarness()
    const publisher = await startPublisher(direct)
    await publisher.publish(ticket('kept'))

    await Promise.all([assertTopology(direct), assertTopology(direct)])

    expect(await countReady()).toBe(1)
  })

  test('every queue is durable and has exactly the arguments of the table', async () => {
    const { vhost } = await createBrokerHarness()
    const found = (await vhost.manage('GET', `/queues/${vhost.vhost}`)) as FoundQueue[]

    const expected = TOPOLOGY.flatMap((object) => (object.kind === 'queue' ? [object] : []))
    expect(found.map(({ name }) => name).toSorted()).toEqual(expected.map(({ name }) => name).toSorted())
    for (const queue of expected) {
      const { durable, arguments: found_ } = found.find(({ name }) => name === queue.name)!
      expect(durable).toBe(true)
      expect(found_).toEqual(Object.fromEntries(queue.arguments.map(({ name, value }) => [name, value])))
    }
  })

  test('a queue with another argument is one clear error that names it, the argument, both values and the way out', async () => {
    const declared = TOPOLOGY.flatMap((object) =>
      object.kind === 'queue' && object.name === NORMAL ? object.arguments : [],
    )
    const sameButOne = {
      ...Object.fromEntries(declared.map(({ name, value }) => [name, value])),
      'x-delivery-limit': 5,
    }
    const error = await driftOf('queues', NORMAL, { arguments: sameButOne })

    expect(error.code).toBe('TOPOLOGY_DRIFT')
    expect(error.drift).toEqual({
      kind: 'queue',
      name: NORMAL,
      argument: 'x-delivery-limit',
      expected: '20',
      found: '5',
    })
    expect(error.message).toContain(`queue "${NORMAL}"`)
    expect(error.message).toContain('argument "x-delivery-limit": expected 20, found 5.')
    expect(error.message).toContain(`rabbitmqctl delete_queue ${NORMAL}`)
  })

  test('a missing argument is an error that says what was found: none', async () => {
    const { drift } = await driftOf('queues', 'redrive.error', { arguments: { 'x-queue-type': 'quorum' } })

    expect(drift).toMatchObject({ name: 'redrive.error', found: null })
    expect(drift.expected).not.toBeNull()
  })

  test('an exchange of another type is an error of the same kind', async () => {
    const { drift } = await driftOf('exchanges', 'redrive.tasks', { type: 'direct' })

    expect(drift).toEqual({
      kind: 'exchange',
      name: 'redrive.tasks',
      argument: 'type',
      expected: 'topic',
      found: 'direct',
    })
  })

  test('a connection that was stopped is an error worth repeating, not a drift', async () => {
    const { connect } = await createBrokerHarness()
    const connection = connect()
    await connection.stop()

    await expect(assertTopology(connection)).rejects.toBeInstanceOf(BrokerUnavailableError)
  })

  test('at start-up it waits for a broker that is absent, and ends when it is told to', async () => {
    const { connect, proxy, vhost, direct } = await createBrokerHarness()
    await vhost.manage('DELETE', `/queues/${vhost.vhost}/${NORMAL}`)
    proxy.cut()
    const connection = connect()
    const stopping = new AbortController()
    const { signal } = stopping
    const isEstablished = establishTopology(connection, { logger, signal, noteLost: async () => {} })
    expect(await inspectQueue(direct, NORMAL)).toBeNull()

    proxy.restore()
    expect(await isEstablished).toBe(true)
    expect(await inspectQueue(direct, NORMAL)).toEqual({ ready: 0, consumers: 0 })

    await connection.stop()
    const isStopped = establishTopology(connection, { logger, signal, noteLost: async () => {} })
    stopping.abort()
    expect(await isStopped).toBe(false)
  })

  test('its description has every object and every argument', () => {
    const text = describeTopology()

    const reasons = TOPOLOGY.flatMap((object) => [
      object.why,
      ...(object.kind === 'queue' ? object.arguments.map(({ why }) => why) : []),
    ])
    for (const why of reasons) expect(text).toContain(why)
  })
})

describe('inspecting a queue', () => {
  test('an existing queue has its depth and consumers, a missing one is null, and the connection stays up', async () => {
    const { direct, startConsumer } = await createBrokerHarness()
    const publisher = await startPublisher(direct)
    const { consumer } = await startConsumer()

    expect(await inspectQueue(direct, NORMAL)).toEqual({ ready: 0, consumers: 1 })
    await consumer.pause()
    await publisher.publish(ticket('waiting'))
    expect(await inspectQueue(direct, NORMAL)).toEqual({ ready: 1, consumers: 0 })
    expect(await inspectQueue(direct, 'no.such.queue')).toBeNull()
    expect(publisher.isReady).toBe(true)
  })
})
