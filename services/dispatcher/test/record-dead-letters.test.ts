import { beforeAll, expect, test } from '@jest/globals'
import { DEAD_EXCHANGE, ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { newId } from '@redrive/shared/runtime'
import { encodeTicket } from '@redrive/shared/task'
import { waitFor, type SpawnedService } from '@redrive/shared/testing'
import { createDispatcherFixture, ticketOf, type DispatcherFixture } from './dispatcher-fixture.ts'

const QUEUE = laneQueue('normal')

let fixture: DispatcherFixture
let dispatcher: SpawnedService
let worker: { readonly id: string }
beforeAll(async () => {
  fixture = await createDispatcherFixture()
  dispatcher = await fixture.startDispatcher({ RECONCILE_INTERVAL_MS: '600000' })
  worker = await fixture.startWorker()
})

/** As a worker does with a ticket of a task that has failed: the broker carries it from there. */
async function rejectFromLane(isIt: (body: string) => boolean): Promise<void> {
  const lane = fixture.consume(QUEUE, (delivery) =>
    isIt(delivery.body.toString('latin1')) ? delivery.reject() : delivery.ack(),
  )
  await waitFor(
    () => lane.deliveries.some((delivery) => isIt(delivery.body.toString('latin1'))),
    'the message to be delivered',
  )
  await lane.close()
}

async function expectErrorQueueEmpty(): Promise<void> {
  await waitFor(
    async () => {
      const queue = (await fixture.vhost.manage('GET', `/queues/${fixture.vhost.vhost}/${ERROR_QUEUE}`)) as {
        messages?: number
      }
      return queue.messages === 0
    },
    'the error queue to be empty, nothing unacknowledged included',
    { deadlineMs: 20_000 },
  )
}

test('the rejected ticket of a failed task opens its dead letter with the broker’s evidence', async () => {
  const taskId = await fixture.submit()
  const attempt = await fixture.claim(worker.id, taskId)
  const deadLetterId = await fixture.fail(attempt)
  expect((await fixture.deadLetter(deadLetterId)).state).toBe('carried')
  await fixture.publishStraight(encodeTicket({ taskId, number: 1 }))
  await rejectFromLane((body) => body.includes(taskId))
  const opened = await waitFor(async () => {
    const found = await fixture.deadLetter(deadLetterId)
    return found.state === 'open' && found
  }, 'the dead letter to be open')
  expect(opened).toMatchObject({
    opened_by: 'recorder',
    reason: 'attempts_exhausted',
    broker: { queue: QUEUE, exchange: 'redrive.tasks', routingKey: QUEUE, reason: 'rejected', count: 1 },
  })
  expect(opened.broker).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT/))
  expect(opened.broker).toHaveProperty('headers.x-death')

  // The same ticket once more changes nothing.
  await fixture.publishStraight(encodeTicket({ taskId, number: 1 }), {
    exchange: DEAD_EXCHANGE,
    routingKey: 'x',
  })
  await expectErrorQueueEmpty()
  expect(await fixture.deadLetter(deadLetterId)).toEqual(opened)
}, 40_000)

test('a ticket that died although nothing happened to its task sends the task out again, uncharged', async () => {
  const taskId = await fixture.submit()
  const first = encodeTicket({ taskId, number: 1 }).toString()
  // One consumer for both: a second one could come too late for the new ticket, and the first would drop it.
  const lane = fixture.consume(QUEUE, (delivery) =>
    delivery.body.toString() === first ? delivery.reject() : delivery.ack(),
  )
  await waitFor(
    () => lane.deliveries.map(ticketOf).find((ticket) => ticket.taskId === taskId && ticket.number === 2),
    'a new ticket',
  )
  expect(await fixture.openRow(taskId)).toMatchObject({ number: 2, attempt: 0, charged_attempts: 0 })
  expect((await fixture.openRow(taskId))?.return_reason).toMatch(
    /was rejected in the queue redrive\.v1\.normal/,
  )
  await lane.close()
})

test('a ticket above the ledger’s number sends its task out above both', async () => {
  const taskId = await fixture.submit()
  const lane = fixture.consume(QUEUE)
  await fixture.publishStraight(encodeTicket({ taskId, number: 41 }), { exchange: DEAD_EXCHANGE })
  await waitFor(
    () => lane.deliveries.map(ticketOf).find((ticket) => ticket.taskId === taskId && ticket.number === 42),
    'a ticket with the number 42',
  )
  await dispatcher.waitForLog(
    (line) => line['event'] === 'ticket.ahead_of_ledger' && line['taskId'] === taskId,
  )
  await lane.close()
})

test('void tickets are dropped: old numbers, running tasks, ended tasks, tasks that are not due', async () => {
  const before = await fixture.deadLetters()
  const lane = fixture.consume(QUEUE)
  const running = await fixture.submit()
  const attempt = await fixture.claim(worker.id, running)
  const delayed = await fixture.submit({ delayMs: 600_000 })
  const returned = await fixture.submit()
  await fixture.publishStraight(encodeTicket({ taskId: returned, number: 5 }), { exchange: DEAD_EXCHANGE })
  await waitFor(
    async () => (await fixture.openRow(returned))?.number === 6,
    'the task to have a higher number',
  )
  for (const ticket of [
    { taskId: running, number: 1 },
    { taskId: delayed, number: 1 },
    { taskId: returned, number: 5 },
  ]) {
    await fixture.publishStraight(encodeTicket(ticket), { exchange: DEAD_EXCHANGE })
  }
  await expectErrorQueueEmpty()
  expect(await fixture.openRow(running)).toMatchObject({ number: 1, token: attempt.token })
  expect(await fixture.openRow(delayed)).toMatchObject({ number: 1, confirmed_at: null })
  expect(await fixture.openRow(returned)).toMatchObject({ number: 6 })
  expect(lane.deliveries.map((delivery) => ticketOf(delivery).taskId)).not.toContain(delayed)
  expect(await fixture.deadLetters()).toEqual(before)
  await lane.close()
}, 40_000)

test.each([
  ['text that is not JSON', Buffer.from('hello, "world"'), 'not_json'],
  ['bytes that are not text', Buffer.from([0, 255, 254, 0, 128, 10]), 'not_json'],
  ['an empty message', Buffer.alloc(0), 'not_json'],
  ['JSON of another shape', Buffer.from('{"task":"42"}'), 'not_a_ticket'],
  ['a JSON array with a NUL', Buffer.from('["\\u0000","\\ud800"]'), 'not_a_ticket'],
  ['a ticket of an unknown task', encodeTicket({ taskId: newId(), number: 1 }), 'unknown_task'],
  ['a message of 2 MiB', Buffer.alloc(2_097_152, 'x'), 'not_a_ticket'],
])('%s is kept as foreign with its bytes and the reason', async (_, body, reason) => {
  await fixture.publishStraight(body)
  await rejectFromLane((text) => text === body.toString('latin1'))
  const kept = await waitFor(
    async () => (await fixture.deadLetters()).find((letter) => letter.raw?.equals(body)),
    'the foreign dead letter',
  )
  expect(kept).toMatchObject({
    state: 'open',
    task_id: null,
    lane: 'normal',
    reason,
    error: { type: 'ForeignMessage' },
    broker: { queue: QUEUE, reason: 'rejected' },
  })
  expect(kept.decision).toContain('belongs to no task')
  expect(kept.decision).toContain(QUEUE)
})

test('a foreign message is kept once, also when it is delivered twice or copied', async () => {
  const body = 'delivered twice'
  for (let copy = 0; copy < 3; copy += 1) {
    await fixture.publishStraight(body, { exchange: DEAD_EXCHANGE, routingKey: 'anything' })
    await expectErrorQueueEmpty()
  }
  const kept = (await fixture.deadLetters()).filter((letter) => letter.raw?.toString() === body)
  expect(kept).toHaveLength(1)
  expect(kept[0]).toMatchObject({
    lane: null,
    broker: { queue: null, reason: null, exchange: DEAD_EXCHANGE, routingKey: 'anything' },
  })
}, 60_000)

test('hostile headers neither stop the recorder nor reach the ledger unbounded', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 90 }, (_, index) => [`x-filler-${index}`, 'y'.repeat(1_000)]),
  )
  await fixture.publishStraight('with huge headers', {
    exchange: DEAD_EXCHANGE,
    properties: { headers: many, content_type: 'text/\u0001' },
  })
  await fixture.publishStraight('with a forged death', {
    exchange: DEAD_EXCHANGE,
    properties: {
      headers: { 'x-death': [{ queue: 7, reason: ['\u0000'], count: 'many' }], '\u0000': 'nul' },
    },
  })
  const [huge, forged] = await waitFor(async () => {
    const letters = await fixture.deadLetters()
    const found = ['with huge headers', 'with a forged death'].map((body) =>
      letters.find((letter) => letter.raw?.toString() === body),
    )
    return found.every((letter) => letter !== undefined) && found
  }, 'both messages to be kept')
  expect(Buffer.byteLength(JSON.stringify(huge!.broker))).toBeLessThan(70_000)
  expect(huge!.broker).toHaveProperty('headers.redrive-note')
  expect(forged!.broker).toMatchObject({ queue: null, reason: null, count: null })
  await expectErrorQueueEmpty()
}, 40_000)

test('nothing of this has stopped the recorder or made a task fail', async () => {
  expect(dispatcher.logs.filter((line) => line['level'] === 'error' && line['event'] === undefined)).toEqual(
    [],
  )
  const failed = (await fixture.deadLetters()).filter((letter) => letter.task_id !== null)
  expect(failed).toHaveLength(1)
})
