import { beforeAll, expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import { claimTickets } from '@redrive/shared/database'
import { waitFor, type SpawnedService } from '@redrive/shared/testing'
import { createDispatcherFixture, ticketOf, type DispatcherFixture } from './dispatcher-fixture.ts'

let fixture: DispatcherFixture
let dispatcher: SpawnedService
let lane: ReturnType<DispatcherFixture['consume']>
beforeAll(async () => {
  fixture = await createDispatcherFixture()
  dispatcher = await fixture.startDispatcher()
  lane = fixture.consume(laneQueue('normal'))
  // Its own start pauses rescue for one lease.
  await dispatcher.waitForLog((line) => line['message'] === 'Rescue goes on.')
}, 30_000)

const ticketArrived = (taskId: string, number: number) =>
  waitFor(
    () => lane.deliveries.map(ticketOf).find((one) => one.taskId === taskId && one.number === number),
    `ticket ${number} of the task`,
  )

test('the attempts of a worker whose connection ends are lost uncharged, and their tasks go out again', async () => {
  const { id, session } = await fixture.startWorker()
  const living = await fixture.startWorker()
  const [mine, theirs] = [await fixture.submit(), await fixture.submit()]
  await Promise.all([ticketArrived(mine, 1), ticketArrived(theirs, 1)])
  await fixture.claim(id, mine)
  const untouched = await fixture.claim(living.id, theirs)
  await session.close()
  await ticketArrived(mine, 2)
  expect(await fixture.openRow(mine)).toMatchObject({
    number: 2,
    token: null,
    losses: 1,
    charged_attempts: 0,
  })
  expect(await fixture.attemptsOf(mine)).toMatchObject([
    { attempt: 1, outcome: 'lost', is_charged: false, worker_id: id },
  ])
  expect((await fixture.attemptsOf(mine))[0]?.decision).toContain(
    `Worker ${id} on host test-host disappeared`,
  )
  expect(await fixture.openRow(theirs)).toMatchObject({ number: 1, token: untouched.token, losses: 0 })
  expect(
    (await fixture.db.selectFrom('workers').select(['id', 'state']).execute()).map((one) => [
      one.id,
      one.state,
    ]),
  ).toEqual(
    expect.arrayContaining([
      [id, 'lost'],
      [living.id, 'running'],
    ]),
  )
})

test('a worker that holds its lock but does not renew its lease loses its attempts', async () => {
  const { id } = await fixture.startWorker({ leaseMs: 500 })
  const taskId = await fixture.submit()
  await ticketArrived(taskId, 1)
  await fixture.claim(id, taskId)
  await ticketArrived(taskId, 2)
  expect(await fixture.attemptsOf(taskId)).toMatchObject([{ attempt: 1, outcome: 'lost', is_charged: false }])
})

test.each(['lost', 'stopped'] as const)(
  'an attempt that is still held by a worker that was %s long ago is found and taken back',
  async (state) => {
    const { id } = await fixture.startWorker()
    const taskId = await fixture.submit()
    await ticketArrived(taskId, 1)
    await fixture.claim(id, taskId)
    // As if its claim had been committed after the rescue, and no dispatcher was there to sweep.
    const ended = { state, ended_at: new Date(Date.now() - 3_600_000) }
    await fixture.db.updateTable('workers').set(ended).where('id', '=', id).execute()
    const next = await fixture.startDispatcher()
    await dispatcher.stop()
    dispatcher = next
    await ticketArrived(taskId, 2)
    expect(await fixture.attemptsOf(taskId)).toMatchObject([
      { attempt: 1, outcome: 'lost', is_charged: false },
    ])
  },
  30_000,
)

test('a task whose workers died five times fails as crashed, and says so', async () => {
  const taskId = await fixture.submit()
  for (let number = 1; number <= 5; number += 1) {
    await ticketArrived(taskId, number)
    const { id, session } = await fixture.startWorker()
    await fixture.claim(id, taskId, number)
    await session.close()
  }
  const letter = await waitFor(
    async () => (await fixture.deadLetters()).find((one) => one.task_id === taskId),
    'the dead letter',
  )
  expect(letter).toMatchObject({
    state: 'carried',
    reason: 'crashed',
    number: 5,
    error: { type: 'WorkerLost' },
  })
  expect(letter.decision).toContain('5 times')
  expect((await fixture.attemptsOf(taskId)).map((attempt) => [attempt.outcome, attempt.is_charged])).toEqual(
    Array.from({ length: 5 }, () => ['lost', false]),
  )
  expect(await fixture.openRow(taskId)).toBeUndefined()
}, 60_000)

test('a task whose workers died five times of what else they ran is not blamed for it, and runs again', async () => {
  const taskId = await fixture.submit()
  for (let number = 1; number <= 5; number += 1) {
    await ticketArrived(taskId, number)
    const neighbour = await fixture.submit()
    await ticketArrived(neighbour, 1)
    const { id, session } = await fixture.startWorker()
    await fixture.claim(id, taskId, number)
    await fixture.claim(id, neighbour)
    await session.close()
    await ticketArrived(neighbour, 2)
  }
  await ticketArrived(taskId, 6)
  expect(await fixture.openRow(taskId)).toMatchObject({ losses: 5, charged_attempts: 0 })
  expect((await fixture.deadLetters()).filter(({ task_id }) => task_id === taskId)).toEqual([])
}, 60_000)

test('a claim that came after its worker was given up is found by a later sweep', async () => {
  const { id, session } = await fixture.startWorker()
  const taskId = await fixture.submit()
  await ticketArrived(taskId, 1)
  await session.close()
  await waitFor(
    async () =>
      (await fixture.db.selectFrom('workers').select('state').where('id', '=', id).executeTakeFirstOrThrow())
        .state === 'lost',
    'the worker to be given up',
  )
  // As a claim whose statement began before the rescue and ended after it.
  const token = crypto.randomUUID()
  expect(
    await claimTickets(fixture.db, {
      workerId: id,
      types: ['math.add'],
      tickets: [{ taskId, number: 1, token }],
    }),
  ).toEqual([])
  await fixture.db
    .updateTable('open_tasks')
    .set({ token, worker_id: id, attempt: 1, started_at: new Date() })
    .where('task_id', '=', taskId)
    .execute()
  await ticketArrived(taskId, 2)
  expect(await fixture.attemptsOf(taskId)).toMatchObject([{ outcome: 'lost', is_charged: false }])
}, 30_000)

test('for one lease after its start nobody is given up', async () => {
  await dispatcher.stop()
  const { id, session } = await fixture.startWorker()
  const taskId = await fixture.submit()
  dispatcher = await fixture.startDispatcher({ WORKER_LEASE_MS: '4000' })
  await ticketArrived(taskId, 1)
  await fixture.claim(id, taskId)
  await session.close()
  const begun = await dispatcher.waitForLog((line) => String(line['message']).startsWith('Rescue pauses'))
  const rescued = await dispatcher.waitForLog((line) => line['event'] === 'attempts.rescued')
  const pausedMs = Date.parse(String(rescued['time'])) - Date.parse(String(begun['time']))
  expect(pausedMs).toBeGreaterThanOrEqual(4_000)
  expect(await fixture.attemptsOf(taskId)).toMatchObject([{ outcome: 'lost' }])
}, 30_000)
