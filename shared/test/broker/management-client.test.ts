import { isDeepStrictEqual } from 'node:util'
import { expect, test } from '@jest/globals'
import { ManagementClient, virtualHostOf } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import { createBrokerHarness, NORMAL, startPublisher, ticket } from './broker-harness.ts'

test('the management API tells ready from unacknowledged, on whichever node answers', async () => {
  const { vhost, direct, startConsumer } = await createBrokerHarness()
  const publisher = await startPublisher(direct)
  const { deliveries } = await startConsumer({ prefetch: 2 })
  await Promise.all(['a', 'b', 'c'].map((id) => publisher.publish(ticket(id))))
  await waitFor(() => deliveries.length === 2, 'two deliveries')
  const client = new ManagementClient({
    urls: ['http://127.0.0.1:1', vhost.managementUrl],
    virtualHost: virtualHostOf(vhost.amqpUrl),
  })

  // Each figure is counted by itself and seconds old, so all of them are waited for.
  const expected = { ready: 1, unacknowledged: 2, total: 3, consumers: 1, policy: null }
  const seen = async () => {
    const counts = await client.inspectQueue(NORMAL)
    return isDeepStrictEqual(counts, expected) ? counts : Promise.reject(new Error(JSON.stringify(counts)))
  }
  expect(await waitFor(seen, 'the figures', { deadlineMs: 20_000 })).toEqual(expected)
}, 30_000)

test('no such queue, no right and no answer are all null', async () => {
  const { vhost } = await createBrokerHarness()
  const wrong = new URL(vhost.managementUrl)
  wrong.password = 'wrong'

  expect(await new ManagementClient({ urls: [vhost.managementUrl] }).inspectQueue('no.such.queue')).toBeNull()
  expect(await new ManagementClient({ urls: [wrong.href] }).inspectQueue(NORMAL)).toBeNull()
  expect(await new ManagementClient({ urls: ['http://127.0.0.1:1'] }).inspectQueue(NORMAL)).toBeNull()
})

test('an address without a path means the default virtual host', () => {
  expect(virtualHostOf('amqp://localhost')).toBe('/')
  expect(virtualHostOf('amqp://localhost/%2F')).toBe('/')
  expect(virtualHostOf('amqp://localhost/tenants%20a')).toBe('tenants a')
})
