import { beforeAll, expect, test } from '@jest/globals'
import { keepLook, keepRepair, keepSweep } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { type ApiUnderTest, startApi } from './api-under-test.ts'

let api: ApiUnderTest
beforeAll(async () => {
  api = await startApi()
}, 60_000)

const look = async () => (await api.call('GET', '/api/v1/reconciliation')).json

test('before anybody has looked it shows what is there now, and says that nothing is known of the rest', async () => {
  const body = { type: 'math.add', input: { a: 1, b: 2 }, delayMs: 60_000 }
  await api.call('POST', '/api/v1/tasks', { body })
  expect(await look()).toMatchObject({
    balancedSince: null,
    lookedAt: null,
    open: { scheduled: 1, retrying: 0, waiting: 0, queued: 0, running: 0 },
    deadLetters: { carried: 0, open: 0 },
    queues: ['redrive.v1.high', 'redrive.v1.normal', 'redrive.v1.low', 'redrive.error'].map(
      (brokerQueue) => ({
        brokerQueue,
        ready: 0,
        consumers: 0,
        missing: null,
        stuck: null,
        note: null,
      }),
    ),
    ledger: null,
    repairs: { totals: [], recent: [] },
  })
})

test('it shows what a dispatcher saw, what differed, and what was repaired', async () => {
  const differences = [{ kind: 'ended_and_open' as const, count: 1, taskIds: [newId()] }]
  const sweep = {
    startedAt: '2026-03-01T09:28:01.004Z',
    endedAt: '2026-03-01T09:29:44.870Z',
    accepted: 4,
    ended: { succeeded: 1, failed: 1, cancelled: 0, expired: 0 },
    open: 2,
    deadLetters: { carried: 0, open: 1, redriven: 0, discarded: 0 },
    differences,
  }
  const queue = {
    queue: 'redrive.v1.low',
    ready: 1,
    unacknowledged: 0,
    consumers: 0,
    stuck: 3,
    missing: 2,
    policy: 'capped',
  }
  await keepSweep(api.db, sweep)
  await keepLook(api.db, { look: { queues: [queue] }, lookedBy: 'there:7', isBalanced: false })
  const repair = { repair: 'tickets_published_again', lane: 'low', count: 2, detail: 'why' }
  await keepRepair(api.db, { id: newId(), ...repair })
  const seen = await look()
  expect(seen).toMatchObject({ balancedSince: null, lookedBy: 'there:7', ledger: sweep })
  expect(seen.queues).toContainEqual(
    expect.objectContaining({ brokerQueue: 'redrive.v1.low', missing: 2, stuck: 3, policy: 'capped' }),
  )
  expect(seen.repairs).toMatchObject({
    recent: [repair],
    totals: [{ repair: 'tickets_published_again', times: 1, count: 2 }],
  })
})

test('it says since when everything balances', async () => {
  await keepSweep(api.db, {
    ...(await look()).ledger,
    differences: [],
  })
  await keepLook(api.db, { look: { queues: [] }, lookedBy: 'there:7', isBalanced: true })
  const { balancedSince, lookedAt } = await look()
  expect(balancedSince).toBe(lookedAt)
})
