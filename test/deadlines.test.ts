import { afterEach, beforeAll, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import type { ApiClient } from './harness/api-client.ts'
import { findLedgerViolations } from './harness/check-ledger.ts'
import { type Cluster, startCluster } from './harness/start-cluster.ts'

let cluster: Cluster
let client: ApiClient

beforeAll(async () => {
  cluster = await startCluster()
  const [api] = await Promise.all([
    cluster.startApi(),
    cluster.start('dispatcher'),
    cluster.start('worker', { WORKER_LANES: 'normal' }),
  ])
  client = api.client
}, 60_000)

afterEach(async () => {
  expect(await findLedgerViolations(cluster.database)).toEqual([])
})

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

/** Its first attempt fails, and the next one would come in an hour, which is after the deadline. */
async function submitHopeless(expiresAt: string): Promise<string> {
  const input = { sideLog: cluster.sideLog().file }
  const retry = { strategy: 'fixed', baseDelayMs: 3_600_000 }
  return client.submit({ type: 'test.second', input, retry, expiresAt })
}

test('a task that no worker takes in time has expired, with an explanation, and never runs', async () => {
  const expiresAt = inMs(2_000)
  const { file, runs } = cluster.sideLog()
  const id = await client.submit({ type: 'test.logged', input: { sideLog: file }, lane: 'high', expiresAt })
  expect((await client.call(`/tasks/${id}`)).body.explanation).toContain(
    `It expires unless an attempt begins before ${expiresAt}.`,
  )
  const task = await client.ended(id)
  expect(task).toMatchObject({ state: 'expired', attempt: 0, error: null, expiresAt, deadLetters: [] })
  expect(task.explanation).toContain(`its deadline ${expiresAt} passed before it could run`)
  expect((await client.call('/tasks?state=expired')).body.items).toMatchObject([{ id }])
  expect((await client.call(`/tasks/${id}/result`)).status).toBe(409)
  // A worker of the lane gets the ticket that is still there, and drops it.
  const worker = await cluster.start('worker', { WORKER_LANES: 'high' })
  await worker.waitForLog((line) => line['event'] === 'ticket.void' && line['taskId'] === id)
  expect(runs()).toEqual([])
  await worker.stop()
}, 60_000)

test('a retry that would come too late is a dead letter at once, and a redrive before the deadline keeps it', async () => {
  const expiresAt = inMs(600_000)
  const id = await submitHopeless(expiresAt)
  const letter = await client.openDeadLetter(id)
  expect(letter).toMatchObject({
    reason: 'deadline_passed',
    error: { message: 'only the first attempt fails' },
    broker: { reason: 'rejected' },
  })
  expect(letter.explanation).toMatch(/because its deadline left no time for another attempt\./)
  expect(letter.explanation).toMatch(
    /Another attempt would follow in 1 h, but the deadline was only [\d.]+ min ahead\./,
  )
  expect((await client.call(`/dead-letters/${letter.id}/redrive`, { body: {} })).status).toBe(202)
  expect(await client.ended(id)).toMatchObject({ state: 'succeeded', attempt: 2, expiresAt })
}, 60_000)

test('a redrive after the deadline begins a life without one', async () => {
  const expiresAt = inMs(4_000)
  const id = await submitHopeless(expiresAt)
  const letter = await client.openDeadLetter(id)
  await waitFor(() => Date.now() > Date.parse(expiresAt), 'the deadline to pass')
  expect((await client.call(`/dead-letters/${letter.id}/redrive`, { body: {} })).status).toBe(202)
  expect(await client.ended(id)).toMatchObject({ state: 'succeeded', attempt: 2 })
}, 60_000)
