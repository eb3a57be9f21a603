import { beforeAll, describe, expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import { createDispatcherFixture, ticketOf, type DispatcherFixture } from './dispatcher-fixture.ts'

const QUEUE = laneQueue('normal')

describe('release', () => {
  let fixture: DispatcherFixture
  beforeAll(async () => {
    fixture = await createDispatcherFixture()
  })

  test('tasks that were due before it started go out in the order of their due times', async () => {
    const minutesAgo = [1, 5, 3, 4, 2]
    const ids = new Map<number, string>()
    for (const minutes of minutesAgo) {
      ids.set(minutes, await fixture.submit({ runAt: new Date(Date.now() - minutes * 60_000) }))
    }
    const dispatcher = await fixture.startDispatcher()
    const lane = fixture.consume(QUEUE)
    await waitFor(() => lane.deliveries.length >= 5, 'five tickets')
    expect(lane.deliveries.map((delivery) => ticketOf(delivery).taskId)).toEqual(
      [5, 4, 3, 2, 1].map((minutes) => ids.get(minutes)),
    )
    await waitFor(
      async () => (await fixture.openRow(ids.get(1)!))?.confirmed_at,
      'the confirm to be in the ledger',
    )
    await lane.close()
    expect(await dispatcher.stop()).toEqual({ code: 0, signal: null })
  }, 30_000)

  test('a delayed task goes out when it is due and not before', async () => {
    const dispatcher = await fixture.startDispatcher()
    const lane = fixture.consume(QUEUE)
    const delayed = await fixture.submit({ delayMs: 1_200 })
    const now = await fixture.submit()
    const isHere = (id: string) => lane.deliveries.some((delivery) => ticketOf(delivery).taskId === id)
    await waitFor(() => isHere(now), 'the ticket of the task that is due')
    expect(isHere(delayed)).toBe(false)
    await waitFor(() => isHere(delayed), 'the ticket of the delayed task')
    const { due_at: dueAt } = (await fixture.openRow(delayed))!
    const arrived = lane.deliveries.find((delivery) => ticketOf(delivery).taskId === delayed)!
    // Same host, same clock for Postgres and the test.
    expect(arrived.receivedAtMs).toBeGreaterThanOrEqual(dueAt.getTime())
    await lane.close()
    await dispatcher.stop()
  }, 30_000)

  test('tickets that no queue takes are released again when the queue is bound again', async () => {
    const dispatcher = await fixture.startDispatcher({ RECONCILE_INTERVAL_MS: '600000' })
    // The first comparison binds every queue; the next one is ten minutes away.
    await dispatcher.waitForLog((line) => line['message'] === 'The ledger was compared with the broker.')
    await fixture.unbindQueue(QUEUE)
    const ids = await fixture.submitMany(20)
    await dispatcher.waitForLog((line) => line['event'] === 'ticket.returned')
    await dispatcher.waitForLog(
      (line) => line['event'] === 'reconcile.repaired' && line['repair'] === 'bindings_made_again',
    )
    const lane = fixture.consume(QUEUE)
    // n.b. A dispatcher that was stopped while it left its mark lets the next one send what was there before once more.
    const arrived = () => new Set(lane.deliveries.map((delivery) => ticketOf(delivery).taskId))
    await waitFor(() => ids.every((id) => arrived().has(id)), 'the tickets of all tasks')
    await lane.close()
    await dispatcher.stop()
  }, 30_000)
})

describe('several dispatchers', () => {
  test('release every task once, and the second takes over when the first is killed', async () => {
    const fixture = await createDispatcherFixture()
    const first = await fixture.startDispatcher()
    const second = await fixture.startDispatcher()
    const claims = fixture.claimMany((await fixture.startWorker()).id)
    const before = await fixture.submitMany(3_000)
    const lane = fixture.consume(QUEUE, (delivery) => {
      delivery.ack()
      // The window is moved on by claims; each batch of them is one statement.
      void claims.add(ticketOf(delivery))
    })
    await waitFor(() => lane.deliveries.length >= 3_000, 'the tickets of all tasks', { deadlineMs: 30_000 })
    const arrived = lane.deliveries.map((delivery) => ticketOf(delivery).taskId)
    expect(arrived.length).toBe(3_000)
    expect(new Set(arrived)).toEqual(new Set(before))

    await first.kill()
    const after = await fixture.submitMany(100)
    await waitFor(() => lane.deliveries.length >= 3_100, 'the second dispatcher to take over')
    expect(new Set(lane.deliveries.slice(3_000).map((delivery) => ticketOf(delivery).taskId))).toEqual(
      new Set(after),
    )
    expect(second.logs.some((line) => line['event'] === 'lane.held' && line['lane'] === 'normal')).toBe(true)
    await lane.close()
    await claims.stop()
    await second.stop()
  }, 60_000)
})
