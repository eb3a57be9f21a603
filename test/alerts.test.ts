import { createHmac } from 'node:crypto'
import { beforeAll, expect, test } from '@jest/globals'
import { ALERT_TAG } from '@redrive/shared/task'
import { type Receiver, startReceiver, waitFor } from '@redrive/shared/testing'
import type { ApiClient } from './harness/api-client.ts'
import { findLedgerViolations } from './harness/check-ledger.ts'
import { type Cluster, startCluster } from './harness/start-cluster.ts'

const KEY = Buffer.alloc(32, 'k')

let cluster: Cluster
let client: ApiClient
let receiver: Receiver

beforeAll(async () => {
  receiver = await startReceiver()
  cluster = await startCluster()
  const sending = {
    HTTP_ALLOWED_TARGETS: '127.0.0.1',
    WEBHOOK_SECRET: `whsec_${KEY.toString('base64')}`,
  }
  const [api] = await Promise.all([
    cluster.startApi(),
    cluster.start('dispatcher', { ALERT_WEBHOOK_URL: `${receiver.url}/alerts` }),
    cluster.start('worker', sending),
  ])
  client = api.client
}, 90_000)

/** Lets a task die, and returns its fault. */
async function die(): Promise<string> {
  const id = await client.submit({ type: 'test.failing', input: { sideLog: cluster.sideLog().file } })
  await client.ended(id)
  return (await client.call(`/dead-letters?taskId=${id}`)).body.items[0].fingerprint
}

/** What the receiver was told, verified as the specification of Standard Webhooks says. */
function told(count: number) {
  return waitFor(
    () => {
      if (receiver.requests.length < count) return false
      return receiver.requests.map(({ path, headers, body }) => {
        const id = String(headers['webhook-id'])
        const content = `${id}.${String(headers['webhook-timestamp'])}.${body}`
        const signature = createHmac('sha256', KEY).update(content).digest('base64')
        expect([path, headers['webhook-signature']]).toEqual(['/alerts', `v1,${signature}`])
        return { id, ...JSON.parse(body) }
      })
    },
    `${count} calls of the receiver`,
    { deadlineMs: 40_000 },
  )
}

test('somebody is told, signed and again until it is taken, of a new fault and when it returns', async () => {
  receiver.answerBy((response, _, count) => response.writeHead(count === 1 ? 503 : 204).end())
  const fingerprint = await die()
  const [first, again] = (await told(2)) || []
  expect(first).toMatchObject({
    type: 'group.new',
    data: { group: { fingerprint, types: ['test.failing'] } },
  })
  expect(again).toEqual(first)

  const { links } = first.data
  const group = await client.call(links.group.replace('/api/v1', ''))
  expect(group.body).toMatchObject({ fingerprint, title: first.data.group.title, counts: { all: 1 } })
  const letters = await client.call(links.deadLetters.replace('/api/v1', ''))
  expect(letters.body.items).toMatchObject([{ id: first.data.group.example.id }])

  await client.call(`/dead-letters/groups/${fingerprint}/resolve`, { method: 'POST' })
  await die()
  const [, , back] = (await told(3)) || []
  expect(back).toMatchObject({ type: 'group.regressed', data: { group: { fingerprint, count: 2 } } })
}, 120_000)

test('a receiver that is gone makes one dead letter, and nobody is told of it by another call', async () => {
  receiver.answerBy((response) => response.writeHead(410).end())
  const fingerprint = await die()
  await client.call(`/dead-letters/groups/${fingerprint}/resolve`, { method: 'POST' })
  const before = receiver.requests.length
  await die()
  const letters = await waitFor(
    async () => {
      const { items } = (await client.call(`/dead-letters?tag=${ALERT_TAG}`)).body
      return items.length > 0 ? items : false
    },
    'the dead letter of the alert',
    { deadlineMs: 30_000 },
  )
  expect(letters).toMatchObject([{ type: 'http.request', reason: 'permanent_error' }])
  // One more fault that is told proves that the watcher has looked since.
  receiver.answerBy((response) => response.writeHead(204).end())
  await client.call(`/dead-letters/groups/${fingerprint}/resolve`, { method: 'POST' })
  await die()
  const types = ((await told(before + 2)) || []).slice(before).map((alert) => alert.data.group.fingerprint)
  expect(types).toEqual([fingerprint, fingerprint])
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 120_000)
