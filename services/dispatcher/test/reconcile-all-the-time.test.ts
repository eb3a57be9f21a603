import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ERROR_QUEUE, laneQueue, markQueue } from '@redrive/shared/broker'
import { doubtQueues, readBrokerMark, readReconciliation } from '@redrive/shared/database'
import { waitFor, type SpawnedService } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { createDispatcherFixture, ticketOf, type DispatcherFixture } from './dispatcher-fixture.ts'

const QUEUE = laneQueue('normal')
/** What is found here is found at once, not by the counts. */
const NEVER_COMPARED = { RECONCILE_INTERVAL_MS: '3600000' }

let fixture: DispatcherFixture
const started: SpawnedService[] = []
beforeEach(async () => {
  fixture = await createDispatcherFixture()
})

// Those that are not looked at any more would look every second all the same.
afterEach(async () => {
  await Promise.all(started.splice(0).map((dispatcher) => dispatcher.stop()))
})

async function startDispatcher(changes?: Record<string, string>): Promise<SpawnedService> {
  const dispatcher = await fixture.startDispatcher(changes)
  started.push(dispatcher)
  return dispatcher
}

async function released(count: number): Promise<readonly string[]> {
  const ids = await fixture.submitMany(count)
  await waitFor(async () => {
    const rows = await Promise.all(ids.map((id) => fixture.openRow(id)))
    return rows.every((row) => row?.confirmed_at !== null)
  }, 'all tickets to be confirmed')
  return ids
}

const repairsIn = ({ logs }: SpawnedService) =>
  logs.filter((line) => line['event'] === 'reconcile.repaired').map((line) => [line['repair'], line['count']])

async function markIsLeft(): Promise<string> {
  return await waitFor(async () => {
    const mark = await readBrokerMark(fixture.db)
    return mark !== null && (await fixture.readyIn(markQueue(mark))) === 1 ? mark : null
  }, 'the mark to be in the broker')
}

test('a broker that has lost its mark is taken for empty: every confirmed ticket goes out again, once', async () => {
  const dispatcher = await startDispatcher(NEVER_COMPARED)
  const mark = await markIsLeft()
  await released(5)
  await fixture.deleteQueue(markQueue(mark))
  await dispatcher.waitForLog((line) => line['event'] === 'broker.emptied' && line['mark'] === mark)
  await waitFor(async () => (await fixture.readyIn(QUEUE)) === 10, 'the tickets again')
  expect(await markIsLeft()).not.toBe(mark)
  // The doubt is over, and nothing was sent a third time.
  await waitFor(async () => {
    const doubted = await fixture.db
      .selectFrom('lanes')
      .select('name')
      .where('doubted_at', 'is not', null)
      .execute()
    return doubted.length === 0
  }, 'the doubt to end')
  expect(await fixture.readyIn(QUEUE)).toBe(10)
  expect(repairsIn(dispatcher)).toEqual([
    ['broker_emptied', 1],
    ['tickets_published_again', 5],
  ])
}, 150_000)

test('a mark whose message is gone stands for a broker that kept its definitions only', async () => {
  const dispatcher = await startDispatcher(NEVER_COMPARED)
  const mark = await markIsLeft()
  await fixture.purgeQueue(markQueue(mark))
  await dispatcher.waitForLog((line) => line['event'] === 'broker.emptied' && line['mark'] === mark)
}, 150_000)

test('what somebody else found missing, and declared anew, is released again by whoever leads', async () => {
  const first = await startDispatcher(NEVER_COMPARED)
  const ids = await released(3)
  await first.kill()
  await fixture.purgeQueue(QUEUE)
  await doubtQueues(fixture.db, { lanes: ['normal'], isErrorQueueLost: false })
  await startDispatcher(NEVER_COMPARED)
  const lane = fixture.consume(QUEUE)
  const arrived = () => new Set(lane.deliveries.map((delivery) => ticketOf(delivery).taskId))
  await waitFor(() => ids.every((id) => arrived().has(id)), 'the tickets again')
}, 150_000)

test('a binding that an operator removed is made again before any ticket is returned', async () => {
  const dispatcher = await startDispatcher()
  await markIsLeft()
  const isMadeAgain = (line: Record<string, unknown>): boolean =>
    line['repair'] === 'bindings_made_again' && String(line['detail']).includes(QUEUE)
  await waitFor(
    async () => {
      // One that is removed just before all are made again anyway is not seen.
      await fixture.unbindQueue(QUEUE)
      return dispatcher.logs.some(isMadeAgain)
    },
    'the binding to be missed',
    { deadlineMs: 40_000 },
  )
}, 150_000)

test('dead letters that a queue cannot hand on are told of', async () => {
  const first = await startDispatcher(NEVER_COMPARED)
  const [id] = await released(1)
  await first.kill()
  await fixture.vhost.manage('DELETE', `/bindings/${fixture.vhost.vhost}/e/redrive.dead/q/${ERROR_QUEUE}/%23`)
  const lane = fixture.consume(QUEUE, (delivery) => void delivery.reject())
  await waitFor(() => lane.deliveries.some((delivery) => ticketOf(delivery).taskId === id), 'the ticket')
  const dispatcher = await startDispatcher()
  const stuck = await dispatcher.waitForLog((line) => line['event'] === 'reconcile.stuck', {
    deadlineMs: 60_000,
  })
  expect(stuck).toMatchObject({ queue: QUEUE, count: 1 })
}, 120_000)

test('tickets that a worker may hold are spared until they are overdue', async () => {
  const { id: workerId } = await fixture.startWorker()
  await sql`update workers set prefetch = 10 where id = ${workerId}`.execute(fixture.db)
  const lane = fixture.consume(QUEUE, () => {})
  const dispatcher = await startDispatcher({ AMQP_MANAGEMENT_URL: '' })
  const ids = await released(4)
  await waitFor(() => lane.deliveries.length >= ids.length, 'the tickets to be held')
  const again = await dispatcher.waitForLog((line) => line['repair'] === 'tickets_published_again')
  expect(again).toMatchObject({ count: 4, detail: expect.stringContaining('at most 10 prefetched') })
  // None of them had been missed at the first chance, when they were merely old.
  expect(repairsIn(dispatcher)).toEqual([['tickets_published_again', 4]])
  await waitFor(() => lane.deliveries.length >= 2 * ids.length, 'the copies')
}, 150_000)

test('dead letters that were on their way when the error queue was lost are opened at once', async () => {
  const { id: workerId } = await fixture.startWorker()
  const dispatcher = await startDispatcher(NEVER_COMPARED)
  const [id] = await released(1)
  const deadLetterId = await fixture.fail(await fixture.claim(workerId, id!))
  await fixture.deleteQueue(ERROR_QUEUE)
  await dispatcher.waitForLog((line) => line['repair'] === 'dead_letters_opened')
  expect(await fixture.deadLetter(deadLetterId)).toMatchObject({ state: 'open', opened_by: 'reconcile' })
}, 150_000)

test('what is seen is kept for the api: counts of the whole ledger, queues, and since when it balances', async () => {
  await startDispatcher()
  const { id: workerId } = await fixture.startWorker()
  const [first] = await released(3)
  await fixture.fail(await fixture.claim(workerId, first!))
  const seen = await waitFor(
    async () => {
      const kept = await readReconciliation(fixture.db)
      return kept.sweep?.ended.failed === 1 && kept.balancedSince !== null ? kept : null
    },
    'a sweep and a balanced look',
    { deadlineMs: 40_000 },
  )
  expect(seen.sweep).toMatchObject({ accepted: 3, open: 2, differences: [] })
  expect(seen.look?.queues.map(({ queue, missing }) => [queue, missing])).toEqual([
    [laneQueue('high'), 0],
    [QUEUE, 0],
    [laneQueue('low'), 0],
    [ERROR_QUEUE, 0],
  ])
}, 150_000)

test('a task without an end and without an open row is told of', async () => {
  const dispatcher = await startDispatcher()
  const [id] = await released(2)
  await fixture.db.deleteFrom('open_tasks').where('task_id', '=', id!).execute()
  expect(await dispatcher.waitForLog((line) => line['event'] === 'reconcile.differs')).toMatchObject({
    kind: 'neither_ended_nor_open',
    count: 1,
    taskIds: id,
  })
}, 150_000)
