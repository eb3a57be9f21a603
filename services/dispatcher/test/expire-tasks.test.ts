import { beforeAll, describe, expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import { findTask, finishSucceeded, rescheduleAttempts } from '@redrive/shared/database'
import { DEFAULT_TENANT_ID as tenantId } from '@redrive/shared/task'
import { waitFor, type SpawnedService } from '@redrive/shared/testing'
import { createDispatcherFixture, ticketOf, type DispatcherFixture } from './dispatcher-fixture.ts'

const QUEUE = laneQueue('normal')
const inMs = (ms: number): Date => new Date(Date.now() + ms)

let fixture: DispatcherFixture

async function taskOf(id: string) {
  return (await findTask(fixture.db, { tenantId, id }))!
}

async function waitUntilExpired(id: string): Promise<void> {
  await waitFor(async () => (await taskOf(id)).state === 'expired', 'the task to have expired')
}

describe('a dispatcher', () => {
  let dispatcher: SpawnedService
  let worker: { readonly id: string }
  beforeAll(async () => {
    fixture = await createDispatcherFixture()
    dispatcher = await fixture.startDispatcher()
    worker = await fixture.startWorker()
  }, 60_000)

  test('ends a task that no worker took before its deadline, and says so', async () => {
    const expiresAt = inMs(1_000)
    const id = await fixture.submit({ expiresAt })
    await waitUntilExpired(id)
    const task = await taskOf(id)
    expect(task).toMatchObject({ state: 'expired', attempt: 0, error: null, expiresAt })
    expect(task.finishedAt!.getTime()).toBeGreaterThanOrEqual(expiresAt.getTime())
    expect(await fixture.openRow(id)).toBeUndefined()
    const told = await dispatcher.waitForLog(
      (line) => line['event'] === 'task.expired' && line['taskId'] === id,
    )
    expect(told).toMatchObject({ type: 'math.add', lane: 'normal', count: 1 })
    expect(await fixture.deadLetters()).toEqual([])
  })

  test('ends a task that waits for another attempt, and keeps what the attempts were', async () => {
    const id = await fixture.submit({ expiresAt: inMs(3_000) })
    const { token } = await fixture.claim(worker.id, id)
    const retry = { taskId: id, token, outcome: 'failed', isCharged: true, delayMs: 3_600_000 } as const
    const error = { type: 'Error', message: 'the other side is down' }
    await rescheduleAttempts(fixture.db, [{ ...retry, error, decision: 'Another attempt follows in 1 h.' }])
    await waitUntilExpired(id)
    expect(await taskOf(id)).toMatchObject({ attempt: 1, chargedAttempts: 1, error: null })
    expect(await fixture.attemptsOf(id)).toMatchObject([{ outcome: 'failed', error }])
  })

  test('leaves a running task its time, and the attempt ends it', async () => {
    const running = await fixture.submit({ expiresAt: inMs(2_000) })
    const { token } = await fixture.claim(worker.id, running)
    const waiting = await fixture.submit({ expiresAt: inMs(2_500) })
    // Once the later deadline was kept, the earlier one was looked at.
    await waitUntilExpired(waiting)
    expect((await taskOf(running)).state).toBe('running')
    await finishSucceeded(fixture.db, [{ taskId: running, token, result: '{"sum":"3"}' }])
    expect(await taskOf(running)).toMatchObject({ state: 'succeeded', result: { sum: '3' } })
  })
})

test('of two dispatchers one ends them, the other takes over when it is killed, and each ends once', async () => {
  fixture = await createDispatcherFixture()
  const first = await fixture.startDispatcher()
  await first.waitForLog((line) => line['work'] === 'expire')
  const second = await fixture.startDispatcher()
  const callbackUrl = 'https://callbacks.invalid/'
  const ids = await fixture.submitMany(1_200, { expiresAt: inMs(1_500), callbackUrl, lane: 'low' })
  await first.waitForLog((line) => line['event'] === 'task.expired')
  await first.kill()
  const later = await fixture.submitMany(20, { expiresAt: inMs(1_000), callbackUrl, lane: 'low' })
  const all = new Set([...ids, ...later])
  const expired = () => fixture.db.selectFrom('tasks').select('id').where('state', '=', 'expired').execute()
  await waitFor(async () => (await expired()).length === all.size, 'all to have expired')
  expect(new Set((await expired()).map(({ id }) => id))).toEqual(all)
  const callbacks = await fixture.db
    .selectFrom('tasks')
    .select('id')
    .where('type', '=', 'http.request')
    .execute()
  expect(callbacks).toHaveLength(all.size)
  await second.waitForLog((line) => line['event'] === 'task.expired')
  expect(await second.stop()).toEqual({ code: 0, signal: null })
}, 60_000)

test('the ticket of an expired task is still with the broker, and claims nothing', async () => {
  fixture = await createDispatcherFixture()
  await fixture.startDispatcher()
  const worker = await fixture.startWorker()
  const id = await fixture.submit({ expiresAt: inMs(2_500) })
  await waitFor(async () => (await fixture.openRow(id))?.confirmed_at, 'its ticket to be with the broker')
  await waitUntilExpired(id)
  const lane = fixture.consume(QUEUE)
  await waitFor(() => lane.deliveries.some((delivery) => ticketOf(delivery).taskId === id), 'its ticket')
  expect(await fixture.claim(worker.id, id)).toBeUndefined()
  expect((await taskOf(id)).state).toBe('expired')
}, 60_000)
