import { beforeAll, expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import { waitFor, type SpawnedService } from '@redrive/shared/testing'
import { createDispatcherFixture, ticketOf, type DispatcherFixture } from './dispatcher-fixture.ts'

const QUEUE = laneQueue('normal')

let fixture: DispatcherFixture
let dispatcher: SpawnedService
beforeAll(async () => {
  fixture = await createDispatcherFixture()
  dispatcher = await fixture.startDispatcher({ CARRIED_AFTER_MS: '1000' })
})

async function released(ids: readonly string[]): Promise<void> {
  await waitFor(async () => (await fixture.readyIn(QUEUE)) === ids.length, 'all tickets to be in the queue')
  await waitFor(async () => {
    const rows = await Promise.all(ids.map((id) => fixture.openRow(id)))
    return rows.every((row) => row?.confirmed_at !== null)
  }, 'all confirms to be in the ledger')
}

async function expectTicketsAgain(ids: readonly string[]): Promise<void> {
  await dispatcher.waitForLog(
    (line) => line['repair'] === 'tickets_published_again' && line['count'] === ids.length,
  )
  const lane = fixture.consume(QUEUE)
  const arrived = () =>
    new Set(lane.deliveries.map(ticketOf).map(({ taskId, number }) => `${taskId}.${number}`))
  await waitFor(() => ids.every((id) => arrived().has(`${id}.1`)), 'the same tickets again')
  const worker = await fixture.startWorker()
  for (const id of ids) await fixture.fail(await fixture.claim(worker.id, id))
  await lane.close()
}

test('tickets that were purged from their queue are published again under the same numbers', async () => {
  const ids = await fixture.submitMany(7)
  await released(ids)
  await fixture.purgeQueue(QUEUE)
  await expectTicketsAgain(ids)
}, 30_000)

test('a deleted queue is declared and bound again, and all its tickets are published again', async () => {
  const ids = await fixture.submitMany(8)
  await released(ids)
  await fixture.deleteQueue(QUEUE)
  await dispatcher.waitForLog((line) => line['repair'] === 'queue_declared' && line['detail'] === QUEUE)
  await expectTicketsAgain(ids)
}, 30_000)

test('tickets that are still in their queue are not published again', async () => {
  const ids = await fixture.submitMany(9)
  await released(ids)
  const seen = dispatcher.logs.length
  // Confirmed longer ago than the interval, several times over.
  await waitFor(async () => {
    const row = await fixture.openRow(ids[0]!)
    return Date.now() - row!.confirmed_at!.getTime() > 2_500
  }, 'the tickets to be old')
  expect(
    dispatcher.logs.slice(seen).filter((line) => line['event'] === 'reconcile.repaired' && line['lane']),
  ).toEqual([])
  expect(await fixture.readyIn(QUEUE)).toBe(9)
})

test('a dead letter that never comes through the error queue is opened all the same', async () => {
  const worker = await fixture.startWorker({ lanes: ['low'] })
  const taskId = await fixture.submit({ lane: 'low' })
  const deadLetterId = await fixture.fail(await fixture.claim(worker.id, taskId))
  const opened = await waitFor(async () => {
    const found = await fixture.deadLetter(deadLetterId)
    return found.state === 'open' && found
  }, 'the dead letter to be open')
  expect(opened).toMatchObject({ opened_by: 'reconcile', broker: null })
  await dispatcher.waitForLog((line) => line['repair'] === 'dead_letters_opened')
})
