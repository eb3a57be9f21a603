import { beforeAll, expect, test } from '@jest/globals'
import { newId } from '@redrive/shared/runtime'
import { type ChannelModel, connect } from 'amqplib'
import { onCleanup, waitFor } from '@redrive/shared/testing'
import type { ApiClient } from '../harness/api-client.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'

let cluster: Cluster
let client: ApiClient
let broker: ChannelModel

beforeAll(async () => {
  cluster = await startCluster()
  const [api] = await Promise.all([cluster.startApi(), cluster.start('dispatcher'), cluster.start('worker')])
  client = api.client
  broker = await connect(cluster.amqpUrl)
  onCleanup(() => broker.close())
}, 60_000)

/** What an operator's script does: a message straight to the exchange. */
async function publish(body: Buffer | string, options: object = {}): Promise<void> {
  const channel = await broker.createConfirmChannel()
  channel.publish('redrive.tasks', 'redrive.v1.normal', Buffer.from(body), options)
  await channel.waitForConfirms()
  await channel.close()
}

async function foreignLetter(reason: string) {
  return waitFor(async () => {
    const { body } = await client.call(`/dead-letters?foreign=true&reason=${reason}`)
    return body.items[0]
  }, `a foreign dead letter with the reason ${reason}`)
}

/** Open foreign dead letters with this body. */
async function openForeign(text: string) {
  const { items } = (await client.call('/dead-letters?foreign=true&state=open&limit=100')).body
  return items.filter((letter: { raw: { body: string } }) => letter.raw.body === text)
}

async function expectStillWorking(): Promise<void> {
  const { file, runs } = cluster.sideLog()
  const id = await client.submit({ type: 'test.logged', input: { sideLog: file } })
  expect((await client.ended(id)).state).toBe('succeeded')
  expect(runs()).toHaveLength(1)
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}

test('bytes that are no JSON are kept as they came', async () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x22, 0x5c])
  await publish(bytes, { contentType: 'application/octet-stream', headers: { 'x-origin': 'a script' } })
  const { id } = await foreignLetter('not_json')
  const { body } = await client.call(`/dead-letters/${id}`)
  expect(body).toMatchObject({
    taskId: null,
    state: 'open',
    raw: { encoding: 'base64', body: bytes.toString('base64') },
  })
  expect(body.broker).toMatchObject({ queue: 'redrive.v1.normal', reason: 'rejected', count: 1 })
  expect(body.explanation).toContain('redrive.v1.normal')
  await expectStillWorking()
})

test('JSON of another shape is kept with what was expected', async () => {
  await publish('{"hello":"world"}')
  const { id } = await foreignLetter('not_a_ticket')
  const { body } = await client.call(`/dead-letters/${id}`)
  expect(body).toMatchObject({ raw: { encoding: 'utf8', body: '{"hello":"world"}' } })
  expect(body.error.message).toContain('taskId')
  await expectStillWorking()
})

test('a ticket of a task that does not exist is kept', async () => {
  const taskId = newId()
  await publish(JSON.stringify({ taskId, number: 1 }))
  const letter = await foreignLetter('unknown_task')
  expect(letter.error.message).toContain(taskId)
  await expectStillWorking()
})

test('an old number and copies of a ticket are void', async () => {
  const { file, runs } = cluster.sideLog()
  const before = (await client.call('/dead-letters')).body.items.length
  const id = await client.submit({ type: 'test.second', input: { sideLog: file } })
  for (const number of [1, 1, 2, 2]) await publish(JSON.stringify({ taskId: id, number }))
  const task = await client.ended(id)
  for (const number of [1, 1, 2, 2]) await publish(JSON.stringify({ taskId: id, number }))
  await expectStillWorking()
  await waitFor(async () => (await client.call('/queues/normal')).body.ready === 0, 'the lane to be empty')
  expect(task).toMatchObject({ state: 'succeeded', attempt: 2 })
  expect(runs()).toHaveLength(2)
  expect((await client.call('/dead-letters')).body.items).toHaveLength(before)
})

test('a redriven foreign message goes back to where it died, and comes again', async () => {
  await publish('{"come":"back"}')
  const find = () => openForeign('{"come":"back"}')
  const [first] = await waitFor(
    async () => ((await find()).length === 1 ? find() : null),
    'the foreign dead letter',
  )
  expect((await client.call(`/dead-letters/${first.id}/redrive`, { body: {} })).status).toBe(202)
  const [second] = await waitFor(
    async () => ((await find()).length === 1 ? find() : null),
    'the second death',
  )
  expect(second.id).not.toBe(first.id)
  expect((await client.call(`/dead-letters/${first.id}`)).body.state).toBe('redriven')
  expect(
    (await client.call(`/dead-letters/${second.id}/discard`, { body: { reason: 'not ours' } })).status,
  ).toBe(200)
})

test('forged headers neither route nor harm', async () => {
  await publish('{"forged":true}', {
    headers: {
      CC: ['redrive.error'],
      'x-death': [{ queue: 'elsewhere', reason: 'rejected', count: 7 }],
      deep: { a: { b: 'c'.repeat(1_000) } },
    },
  })
  await waitFor(
    async () => (await openForeign('{"forged":true}')).length > 0,
    'the forged message to be kept',
  )
  await expectStillWorking()
})
