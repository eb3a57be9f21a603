import { describe, expect, test } from '@jest/globals'
import { assertTopology, DEAD_EXCHANGE, ERROR_QUEUE, readDeath, type Delivery } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import {
  createBrokerHarness,
  messageIds,
  NORMAL,
  startConsumer,
  startPublisher,
  ticket,
} from './broker-harness.ts'

async function harnessWith(count: number) {
  const harness = await createBrokerHarness()
  const publisher = await startPublisher(harness.direct)
  const ids = Array.from({ length: count }, (_, index) => `ticket.${index}`)
  await Promise.all(ids.map((id) => publisher.publish(ticket(id))))
  return { ...harness, publisher, ids }
}

describe('consuming', () => {
  test('deliveries come in order, and never more than the prefetch are unsettled', async () => {
    const { startConsumer, ids, countReady } = await harnessWith(30)
    const { deliveries } = await startConsumer({ prefetch: 10 })

    await waitFor(() => deliveries.length === 10, 'the first ten')
    expect(await countReady()).toBe(20)
    for (const delivery of deliveries) expect(delivery.ack()).toBe(true)
    await waitFor(() => deliveries.length === 20, 'the next ten')

    expect(messageIds(deliveries)).toEqual(ids.slice(0, 20))
    expect(deliveries[0]).toMatchObject({
      contentType: 'application/json',
      exchange: 'redrive.tasks',
      routingKey: NORMAL,
      redelivered: false,
    })
  })

  test('acknowledged out of order, exactly the others go back to the queue', async () => {
    const { connect, ids } = await harnessWith(20)
    const first = await startConsumer(connect(), { prefetch: 20 })
    await waitFor(() => first.deliveries.length === 20, 'all twenty')
    const isAcknowledged = (index: number): boolean => index < 5 || index % 2 === 0
    first.deliveries.toReversed().forEach((delivery, index) => isAcknowledged(19 - index) && delivery.ack())

    await first.consumer.close()
    const second = await startConsumer(connect(), { prefetch: 20 })
    const left = ids.filter((_, index) => !isAcknowledged(index))
    await waitFor(() => second.deliveries.length === left.length, 'the others')

    expect(messageIds(second.deliveries).toSorted()).toEqual(left.toSorted())
    expect(second.deliveries.every(({ redelivered }) => redelivered)).toBe(true)
  })

  test('settling twice is harmless: the second time is false, and the channel lives', async () => {
    const { startConsumer, publisher } = await harnessWith(3)
    const { deliveries, losses } = await startConsumer({ prefetch: 3 })
    await waitFor(() => deliveries.length === 3, 'all three')
    const [one, two, three] = deliveries as [Delivery, Delivery, Delivery]

    expect([one.ack(), one.ack(), one.reject(), one.giveBack()]).toEqual([true, false, false, false])
    expect([two.reject(), two.reject(), two.ack()]).toEqual([true, false, false])
    expect([three.giveBack(), three.ack()]).toEqual([true, false])

    await publisher.publish(ticket('next'))
    await waitFor(() => messageIds(deliveries).includes('next'), 'the next delivery')
    expect(losses).toEqual([])
  })

  test('a handler that throws neither ends the channel nor hurts its neighbours, and gets the message once more', async () => {
    const { startConsumer } = await harnessWith(3)
    const seen: string[] = []
    const { consumer, losses } = await startConsumer({
      onDelivery: (delivery) => {
        seen.push(`${delivery.messageId}${delivery.redelivered ? ' again' : ''}`)
        if (delivery.messageId === 'ticket.1') throw new Error('not today')
        delivery.ack()
      },
    })

    await waitFor(() => seen.includes('ticket.1 again'), 'the second delivery')

    expect(seen.toSorted()).toEqual(['ticket.0', 'ticket.1', 'ticket.1 again', 'ticket.2'])
    expect(consumer.isConsuming).toBe(true)
    expect(losses).toEqual([])
  })
})

describe('dead lettering', () => {
  test('a rejected ticket arrives on the error queue with the evidence of its death', async () => {
    const { startConsumer } = await harnessWith(1)
    const lane = await startConsumer()
    const errors = await startConsumer({ queue: ERROR_QUEUE })
    await waitFor(() => lane.deliveries.length === 1, 'the ticket')

    lane.deliveries[0]!.reject()
    await waitFor(() => errors.deliveries.length === 1, 'the dead letter')

    const [dead] = errors.deliveries
    expect(dead).toMatchObject({ messageId: 'ticket.0', exchange: DEAD_EXCHANGE, routingKey: NORMAL })
    expect(dead!.body.toString()).toBe('{"messageId":"ticket.0"}')
    const death = readDeath(dead!.headers)!
    expect(death).toMatchObject({
      queue: NORMAL,
      exchange: 'redrive.tasks',
      routingKey: NORMAL,
      reason: 'rejected',
      count: 1,
    })
    expect(Math.abs(Date.parse(death.time!) - Date.now())).toBeLessThan(60_000)
    expect(JSON.parse(JSON.stringify(death))).toEqual(death)
  })

  test('a message published straight to the error queue has no evidence', async () => {
    const { startConsumer, publisher } = await harnessWith(0)
    await publisher.publishRaw({ queue: ERROR_QUEUE, body: Buffer.from('x') })
    const { deliveries } = await startConsumer({ queue: ERROR_QUEUE })
    await waitFor(() => deliveries.length === 1, 'the message')

    expect(readDeath(deliveries[0]!.headers)).toBeNull()
  })
})

describe('faults while consuming', () => {
  test('after a cut connection it consumes again; what was unsettled comes back, and settling the old ones is harmless', async () => {
    const { startConsumer, proxy, ids, countReady } = await harnessWith(5)
    const { deliveries, losses } = await startConsumer()
    await waitFor(() => deliveries.length === 5, 'all five')
    const old = [...deliveries]

    proxy.reset()
    await waitFor(() => deliveries.length === 10, 'all five again')

    expect(losses).toEqual([5])
    expect(old.map((delivery) => delivery.ack())).toEqual([false, false, false, false, false])
    expect(messageIds(deliveries.slice(5)).toSorted()).toEqual(ids)
    for (const delivery of deliveries.slice(5)) expect(delivery.ack()).toBe(true)
    await waitFor(async () => (await countReady()) === 0, 'an empty queue')
  })

  test('a queue that an operator deleted is declared again, and consuming goes on', async () => {
    const { startConsumer, vhost, publisher } = await harnessWith(1)
    const { consumer, deliveries, losses } = await startConsumer()
    await waitFor(() => deliveries.length === 1, 'the first delivery')

    await vhost.manage('DELETE', `/queues/${vhost.vhost}/${NORMAL}`)
    await waitFor(() => losses.length === 1, 'the loss')
    await waitFor(() => consumer.isConsuming, 'consuming to go on')

    expect(deliveries[0]!.ack()).toBe(false)
    expect(await publisher.publish(ticket('after'))).toBe('confirmed')
    await waitFor(() => messageIds(deliveries).includes('after'), 'a delivery from the new queue')
  })

  test('as long as the repair fails, it keeps trying', async () => {
    const { startConsumer, vhost, direct } = await harnessWith(0)
    let repairs = 0
    const { consumer } = await startConsumer({
      repairTopology: async () => {
        repairs += 1
        if (repairs < 3) throw new Error('not yet')
        await assertTopology(direct)
      },
    })

    await vhost.manage('DELETE', `/queues/${vhost.vhost}/${NORMAL}`)
    await waitFor(() => repairs >= 3 && consumer.isConsuming, 'the third repair to help')
  })

  test('a broker that closes every connection and comes back empty is supplied with the topology again', async () => {
    const { startConsumer, startPublisher, vhost } = await harnessWith(1)
    const { deliveries, losses } = await startConsumer()
    const publisher = await startPublisher()
    await waitFor(() => deliveries.length === 1, 'the first delivery')

    await vhost.manage('DELETE', `/vhosts/${vhost.vhost}`)
    await waitFor(() => losses.length === 1 && !publisher.isReady, 'both to lose their connections')
    await vhost.manage('PUT', `/vhosts/${vhost.vhost}`)
    const user = decodeURIComponent(new URL(vhost.amqpUrl).username)
    await vhost.manage('PUT', `/permissions/${vhost.vhost}/${user}`, {
      configure: '.*',
      read: '.*',
      write: '.*',
    })

    await waitFor(
      async () => (await publisher.publish(ticket('new life'))) === 'confirmed',
      'publishing to work',
    )
    await waitFor(() => messageIds(deliveries).includes('new life'), 'a delivery')
  })
})

describe('pausing and stopping a consumer', () => {
  test('a paused one gets nothing but can settle; resumed, it gets the rest', async () => {
    const { startConsumer, publisher, countReady } = await harnessWith(2)
    const { consumer, deliveries } = await startConsumer()
    await waitFor(() => deliveries.length === 2, 'the first two')

    await consumer.pause()
    expect(consumer.isConsuming).toBe(false)
    await publisher.publish(ticket('later'))
    expect(await countReady()).toBe(1)
    expect(deliveries.map((delivery) => delivery.ack())).toEqual([true, true])

    await consumer.resume()
    await waitFor(() => deliveries.length === 3, 'the rest')
    expect(messageIds(deliveries)[2]).toBe('later')
  })

  test('pauses and resumes in quick succession end as the last one said', async () => {
    const { startConsumer, ids } = await harnessWith(5)
    const { consumer, deliveries } = await startConsumer({ prefetch: 5 })

    await Promise.all([
      consumer.pause(),
      consumer.resume(),
      consumer.pause(),
      consumer.resume(),
      consumer.pause(),
    ])
    expect(consumer.isConsuming).toBe(false)
    await consumer.resume()
    expect(consumer.isConsuming).toBe(true)
    await waitFor(() => new Set(messageIds(deliveries)).size === ids.length, 'everything')
  })

  test('one that is paused while its connection is lost stays paused afterwards', async () => {
    const { connect, proxy, publisher, countReady } = await harnessWith(0)
    const connection = connect()
    const { consumer, deliveries } = await startConsumer(connection)
    await consumer.pause()

    proxy.cut()
    await waitFor(() => !connection.isConnected, 'the loss')
    proxy.restore()
    await publisher.publish(ticket('waiting'))
    await consumer.resume()

    await waitFor(() => deliveries.length === 1, 'the delivery after resuming')
    expect(await countReady()).toBe(0)
  })

  test('stopped, it can still settle; closed, what was not settled goes back; both are idempotent', async () => {
    const { startConsumer, publisher, countReady } = await harnessWith(3)
    const { consumer, deliveries } = await startConsumer()
    await waitFor(() => deliveries.length === 3, 'all three')

    await Promise.all([consumer.stop(), consumer.stop()])
    await publisher.publish(ticket('for others'))
    expect(deliveries[1]!.ack()).toBe(true)
    await Promise.all([consumer.close(), consumer.close()])
    await consumer.stop()

    await waitFor(async () => (await countReady()) === 3, 'two that were not settled, and the new one')
    expect(deliveries).toHaveLength(3)
    expect(deliveries[0]!.ack()).toBe(false)
  })
})
