import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  type BrokerConnection,
  DEAD_EXCHANGE,
  ERROR_QUEUE,
  inspectQueue,
  readDeath,
} from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import type { Channel } from 'amqplib'
import {
  messageIds,
  NORMAL,
  startConsumer,
  startPublisher,
  ticket,
} from '../../shared/test/broker/broker-harness.ts'
import { startOwnBroker } from './own-broker.ts'

/** The limit of a lane's queue, as the topology declares it. */
const DELIVERY_LIMIT = 20

let broker: Awaited<ReturnType<typeof startOwnBroker>>
let looking: BrokerConnection

// What the versions of RabbitMQ do differently, seen from where it must make no difference.
beforeAll(async () => {
  broker = await startOwnBroker([
    // RabbitMQ's own is 30 minutes, and before 4.3 it looks once a minute.
    'consumer_timeout, 2000',
    'channel_tick_interval, 500',
    // How soon a dead letter that was not confirmed is tried again: 3 minutes.
    'dead_letter_worker_publisher_confirm_timeout, 1000',
  ])
  looking = broker.connect()
}, 150_000)

beforeEach(async () => {
  for (const queue of [NORMAL, ERROR_QUEUE]) await broker.node.control(['purge_queue', queue])
})

async function withChannel(use: (channel: Channel) => Promise<void>): Promise<void> {
  const connection = broker.connect()
  const link = await connection.waitForLink(AbortSignal.timeout(10_000))
  const channel = await link!.model.createChannel()
  channel.on('error', () => {})
  await use(channel)
  await connection.stop()
}

describe('a ticket that is held for too long', () => {
  test('comes back, late settling is harmless, and its consumer and its neighbours go on as if nothing had been', async () => {
    const publisher = await startPublisher(broker.connect())
    const { consumer, deliveries, losses } = await startConsumer(broker.connect(), { prefetch: 2 })
    await Promise.all(['slow', 'neighbour'].map((id) => publisher.publish(ticket(id))))
    await waitFor(() => deliveries.length === 2, 'both')
    const [held, neighbour] = deliveries

    await waitFor(() => losses.length === 1, 'the timeout', { deadlineMs: 60_000 })
    expect([held!.ack(), neighbour!.ack()]).toEqual([false, false])

    await waitFor(() => deliveries.length >= 4, 'both again')
    for (const again of deliveries.slice(2)) expect(again.ack()).toBe(true)
    expect(messageIds(deliveries.slice(2)).toSorted()).toEqual(['neighbour', 'slow'])
    await publisher.publish(ticket('next'))
    await waitFor(() => messageIds(deliveries).includes('next'), 'the next delivery')
    deliveries.at(-1)!.ack()
    expect(consumer.isConsuming).toBe(true)
    // The broker counts one consumer, too: none that only it remembers.
    await waitFor(async () => (await inspectQueue(looking, NORMAL))?.consumers === 1, 'a single consumer')
    await consumer.close()
  }, 120_000)
})

describe('a ticket that comes back again and again', () => {
  test('given back, it is delivered again to whoever is there, and nothing has died', async () => {
    const publisher = await startPublisher(broker.connect())
    await publisher.publish(ticket('not mine'))
    let times = 0
    const { consumer, deliveries } = await startConsumer(broker.connect(), {
      onDelivery: (delivery) => {
        times += 1
        if (times <= 10) delivery.giveBack()
        else delivery.ack()
      },
    })

    await waitFor(() => times === 11, 'eleven deliveries')
    await consumer.close()
    expect(deliveries).toEqual([])
    expect(await inspectQueue(looking, ERROR_QUEUE)).toMatchObject({ ready: 0 })
    expect(await inspectQueue(looking, NORMAL)).toMatchObject({ ready: 0 })
  })

  test('one more failed delivery than the limit sends it to the error queue, where it survives its own failures', async () => {
    const publisher = await startPublisher(broker.connect())
    await publisher.publish(ticket('poison'))
    let failures = 0
    await withChannel(async (channel) => {
      await channel.prefetch(1)
      await channel.consume(NORMAL, (message) => {
        failures += 1
        if (message) channel.reject(message, true)
      })
      await waitFor(async () => (await inspectQueue(looking, ERROR_QUEUE))?.ready === 1, 'the dead letter')
    })
    expect(failures).toBe(DELIVERY_LIMIT + 1)

    let refused = 0
    await withChannel(async (channel) => {
      await channel.prefetch(1)
      await channel.consume(ERROR_QUEUE, (message) => {
        refused += 1
        if (message && refused <= DELIVERY_LIMIT + 5) channel.reject(message, true)
      })
      await waitFor(() => refused > DELIVERY_LIMIT + 5, 'more failures than a lane allows')
    })
    const { deliveries } = await startConsumer(broker.connect(), { queue: ERROR_QUEUE })
    await waitFor(() => deliveries.length === 1, 'the dead letter')
    expect(deliveries[0]).toMatchObject({ messageId: 'poison', routingKey: NORMAL })
    expect(readDeath(deliveries[0]!.headers)).toMatchObject({
      reason: 'delivery_limit',
      queue: NORMAL,
      count: 1,
    })
    deliveries[0]!.ack()
  })
})

describe('a dead letter without a way to the error queue', () => {
  test('stays in its lane, neither ready nor unacknowledged, and arrives once the way is there again', async () => {
    const publisher = await startPublisher(broker.connect())
    await withChannel((channel) => channel.unbindQueue(ERROR_QUEUE, DEAD_EXCHANGE, '#').then(() => {}))
    await publisher.publish(ticket('stranded'))
    const lane = await startConsumer(broker.connect())
    await waitFor(() => lane.deliveries.length === 1, 'the ticket')
    expect(lane.deliveries[0]!.reject()).toBe(true)

    const held = async (): Promise<string> => {
      const columns = ['name', 'messages', 'messages_ready', 'messages_unacknowledged']
      const rows = await broker.node.control(['-q', 'list_queues', '--formatter', 'json', ...columns])
      const found = (JSON.parse(rows) as Record<string, unknown>[]).find(({ name }) => name === NORMAL)
      return columns
        .slice(1)
        .map((column) => found?.[column])
        .join(' ')
    }
    await waitFor(async () => (await held()) === '1 0 0', 'the dead letter to be held')
    await withChannel((channel) => channel.bindQueue(ERROR_QUEUE, DEAD_EXCHANGE, '#').then(() => {}))

    const errors = await startConsumer(broker.connect(), { queue: ERROR_QUEUE })
    await waitFor(() => errors.deliveries.length >= 1, 'the dead letter', { deadlineMs: 60_000 })
    expect(readDeath(errors.deliveries[0]!.headers)).toMatchObject({ reason: 'rejected', queue: NORMAL })
    for (const delivery of errors.deliveries) delivery.ack()
    await waitFor(async () => (await held()) === '0 0 0', 'an empty lane')
  }, 120_000)
})
