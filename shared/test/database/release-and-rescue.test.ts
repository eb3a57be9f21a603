import { beforeEach, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import {
  countLaneTasks,
  countOldConfirmed,
  createSession,
  endWorker,
  findConvicts,
  findGoneWorkers,
  listTaskTypes,
  listWorkers,
  markConfirmed,
  readLanePressure,
  readLaneSlots,
  registerTaskTypes,
  renewLease,
  rescueAttempts,
  setLaneWindow,
  takeDueTickets,
  takeLeadership,
  releaseUnseenTickets,
} from '@redrive/shared/database'
import { DEFAULT_RETRY_POLICY } from '@redrive/shared/task'
import { onCleanup, waitFor } from '@redrive/shared/testing'
import { createLedgerFixture } from './ledger-fixture.ts'

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>

beforeEach(async () => {
  ledger = await createLedgerFixture()
})

const LIMITS = { maxLosses: 5, maxLossesBesideOthers: 20 }
const take = (limit = 100) => takeDueTickets(ledger.db, { lane: 'normal', limit, graceMs: 60_000 })

test('due tasks are taken once, oldest due time first, and those due later are left', async () => {
  const second = await ledger.submit({ runAt: new Date(Date.now() - 1_000) })
  const first = await ledger.submit({ runAt: new Date(Date.now() - 2_000) })
  await ledger.submit({ delayMs: 60_000 })
  await ledger.submit({ takenForMs: 60_000 })
  expect((await take()).map((ticket) => ticket.taskId)).toEqual([first, second])
  expect(await take()).toEqual([])
})

test('two takers at once share the tasks and take none twice', async () => {
  for (let made = 0; made < 50; made += 1) await ledger.submit()
  const taken = (await Promise.all([take(30), take(30), take(30)])).flat().map((ticket) => ticket.taskId)
  expect(new Set(taken).size).toBe(taken.length)
})

test('the room of a lane shrinks by taken and confirmed tickets, not by running ones', async () => {
  const { id: workerId } = await ledger.startWorker()
  await setLaneWindow(ledger.db, { lane: 'normal', window: 3 })
  const [one, two] = [await ledger.submit(), await ledger.submit()]
  const pressure = async () => (await readLanePressure(ledger.db)).find((lane) => lane.lane === 'normal')
  expect(await pressure()).toMatchObject({ isWaiting: true, room: 3 })
  await take()
  expect(await pressure()).toMatchObject({ isWaiting: false, room: 1 })
  await markConfirmed(ledger.db, [{ taskId: one, number: 1 }])
  await ledger.claim(workerId, two)
  expect(await pressure()).toMatchObject({ isWaiting: false, room: 2 })
  expect(await countLaneTasks(ledger.db, null)).toEqual([
    { lane: 'normal', scheduled: 0, retrying: 0, waiting: 0, queued: 1, running: 1 },
  ])
})

test('old confirmed tickets are counted, and wait for release again under the same number, once', async () => {
  const taskId = await ledger.submit()
  await markConfirmed(ledger.db, [{ taskId, number: 1 }])
  await sql`update open_tasks set confirmed_at = now() - interval '2 minutes'`.execute(ledger.db)
  const old = { lane: 'normal', olderThanMs: 60_000 }
  const question = { ...old, longMs: 150_000, amongOldest: 10 }
  expect(await countOldConfirmed(ledger.db, question)).toEqual({ old: 1, overdue: 0 })
  expect(await countOldConfirmed(ledger.db, { ...question, longMs: 90_000 })).toEqual({ old: 1, overdue: 1 })
  expect(await releaseUnseenTickets(ledger.db, { ...old, longMs: 150_000, limit: 10 })).toBe(0)
  expect(await releaseUnseenTickets(ledger.db, { ...old, longMs: null, limit: 10 })).toBe(1)
  expect(await releaseUnseenTickets(ledger.db, { ...old, longMs: null, limit: 10 })).toBe(0)
  expect(await ledger.stateOf(taskId)).toBe('waiting')
  const due = { lane: 'normal', limit: 10, graceMs: 5_000 }
  expect(await takeDueTickets(ledger.db, due)).toEqual([{ taskId, number: 1 }])
})

test('a ticket is overdue after twice the time when it was sent twice, and after 64 times at most', async () => {
  const taskId = await ledger.submit()
  await markConfirmed(ledger.db, [{ taskId, number: 1 }])
  const overdueAfter = async (minutes: number, tries: number): Promise<number> => {
    await sql`update open_tasks set publish_tries = ${tries}, confirmed_at = now() - ${minutes} * interval '1 minute'
      where task_id = ${taskId}`.execute(ledger.db)
    const question = { lane: 'normal', olderThanMs: 0, longMs: 60_000, amongOldest: 10 }
    return (await countOldConfirmed(ledger.db, question)).overdue
  }
  expect(await overdueAfter(1.1, 0)).toBe(1)
  expect(await overdueAfter(1.1, 1)).toBe(1)
  expect(await overdueAfter(1.1, 2)).toBe(0)
  expect(await overdueAfter(2.1, 2)).toBe(1)
  expect(await overdueAfter(63, 100)).toBe(0)
  expect(await overdueAfter(65, 100)).toBe(1)
})

test('a ticket that was sent in vain waits twice as long each time, and four times the grace at most', async () => {
  const taskId = await ledger.submit()
  const waits: number[] = []
  for (let tries = 0; tries < 5; tries += 1) {
    expect(await takeDueTickets(ledger.db, { lane: 'normal', limit: 1, graceMs: 60_000 })).toHaveLength(1)
    const { rows } = await sql<{ minutes: number }>`
      select round(extract(epoch from taken_until - now()) / 60)::int as minutes from open_tasks`.execute(
      ledger.db,
    )
    waits.push(rows[0]?.minutes ?? 0)
    await sql`update open_tasks set taken_until = now() where task_id = ${taskId}`.execute(ledger.db)
  }
  expect(waits).toEqual([1, 2, 4, 4, 4])
})

test('leadership ends with its connection', async () => {
  const make = () =>
    createSession({
      url: ledger.url,
      applicationName: 'leader',
      statementTimeoutMs: 5_000,
      silentAfterMs: 600_000,
    })
  const [first, second] = [make(), make()]
  onCleanup(() => second.close())
  expect(await takeLeadership(first.db, 'release normal')).toBe(true)
  expect(await takeLeadership(second.db, 'release normal')).toBe(false)
  expect(await takeLeadership(second.db, 'release low')).toBe(true)
  await first.close()
  await waitFor(() => takeLeadership(second.db, 'release normal'), 'the leadership to be free')
})

test('a living worker is not gone; one whose session ended is, and one whose lease ended says so', async () => {
  const living = await ledger.startWorker()
  const dead = await ledger.startWorker()
  const frozen = await ledger.startWorker()
  await dead.session.close()
  await sql`update workers set lease_until = now() - interval '1 hour' where id = ${frozen.id}`.execute(
    ledger.db,
  )
  const look = await waitFor(async () => {
    const seen = await findGoneWorkers(ledger.db)
    return seen.gone.length === 2 ? seen : null
  }, 'two workers to be gone')
  expect(new Map(look.gone.map((worker) => [worker.id, worker.isLeaseOver]))).toEqual(
    new Map([
      [dead.id, false],
      [frozen.id, true],
    ]),
  )
  expect(look.gone.map((worker) => worker.id)).not.toContain(living.id)
})

test('a rescue gives every attempt of the dead worker back uncharged, and the worker learns of it', async () => {
  const { id: workerId, session } = await ledger.startWorker()
  const other = await ledger.startWorker()
  const [mine, theirs] = [await ledger.submit(), await ledger.submit()]
  await ledger.claim(workerId, mine)
  await ledger.claim(other.id, theirs)
  const rescued = await rescueAttempts(ledger.db, { workerId, ...LIMITS, decision: 'its worker is gone' })
  expect(rescued).toEqual([{ taskId: mine, attempt: 1, type: 'math.add' }])
  expect(await ledger.openRow(mine)).toMatchObject({ number: 2, token: null, losses: 1, charged_attempts: 0 })
  expect(await ledger.stateOf(theirs)).toBe('running')
  expect(await ledger.claim(workerId, mine, 2)).toBeUndefined()
  expect((await findGoneWorkers(ledger.db)).recentlyLost).toEqual([workerId])
  const renewal = { workerId, leaseMs: 60_000, state: 'running' as const }
  expect(await renewLease(session.db, renewal)).toBe(false)
  expect(await renewLease(session.db, renewal)).toBe(true)
  expect(await ledger.claim(workerId, mine, 2)).toMatchObject({ attempt: 2 })
})

test('a task that ran alone is not held to be what a worker died of that ran others within itself', async () => {
  const limits = { maxLosses: 2, maxLossesBesideOthers: 3 }
  const [suspect, fresh] = [await ledger.submit(), await ledger.submit()]
  const loseTogether = async (numbers: readonly [suspect: number, fresh: number]): Promise<void> => {
    const { id: workerId } = await ledger.startWorker()
    await ledger.claim(workerId, suspect, numbers[0])
    await ledger.claim(workerId, fresh, numbers[1])
    await rescueAttempts(ledger.db, { workerId, ...limits, decision: 'gone' })
  }
  const lossesOf = async (): Promise<readonly number[]> => {
    const rows = await Promise.all([suspect, fresh].map((taskId) => ledger.openRow(taskId)))
    return rows.map((row) => row?.losses ?? 0)
  }
  await sql`update open_tasks set losses = 1 where task_id = ${suspect}`.execute(ledger.db)
  await loseTogether([1, 1])
  expect(await lossesOf()).toEqual([2, 1])
  // Now both ran alone, so neither is the better suspect, and each has been lost often enough.
  await loseTogether([2, 2])
  expect(await lossesOf()).toEqual([2, 1])
  expect(await ledger.stateOf(suspect)).toBe('running')
})

test('a task that ran alone is convicted in the end, whatever else its workers ran', async () => {
  const { id: workerId } = await ledger.startWorker()
  const [suspect, fresh] = [await ledger.submit(), await ledger.submit()]
  await sql`update open_tasks set losses = 2 where task_id = ${suspect}`.execute(ledger.db)
  await ledger.claim(workerId, suspect)
  await ledger.claim(workerId, fresh)
  const rescue = { workerId, maxLosses: 2, maxLossesBesideOthers: 3, decision: 'gone' }
  expect(await rescueAttempts(ledger.db, rescue)).toMatchObject([{ taskId: fresh }])
  expect(await findConvicts(ledger.db, rescue)).toMatchObject([{ taskId: suspect, losses: 2 }])
})

test('a task lost too often is left for conviction', async () => {
  const { id: workerId } = await ledger.startWorker()
  const taskId = await ledger.submit()
  const attempt = await ledger.claim(workerId, taskId)
  expect(
    await rescueAttempts(ledger.db, { workerId, maxLosses: 1, maxLossesBesideOthers: 1, decision: 'gone' }),
  ).toEqual([])
  expect(await findConvicts(ledger.db, { workerId, maxLosses: 1 })).toEqual([
    { taskId, token: attempt!.token, attempt: 1, type: 'math.add', lane: 'normal', number: 1, losses: 0 },
  ])
  expect(await findConvicts(ledger.db, { workerId, maxLosses: 2 })).toEqual([])
})

test('a stopped worker is neither gone nor a slot, and types show who runs them', async () => {
  const { id, session } = await ledger.startWorker()
  await registerTaskTypes(ledger.db, [
    {
      name: 'math.add',
      inputSchema: { type: 'object' },
      lane: 'normal',
      retry: DEFAULT_RETRY_POLICY,
      timeoutMs: 1,
      expectedDurationMs: null,
      isolation: 'none',
      memoryLimitMb: null,
      workerVersion: '0',
    },
  ])
  expect((await listTaskTypes(ledger.db))[0]).toMatchObject({ name: 'math.add', workers: 1 })
  expect(await readLaneSlots(ledger.db)).toEqual(new Map([['normal', 10]]))
  await endWorker(session.db, id)
  expect(await readLaneSlots(ledger.db)).toEqual(new Map())
  expect((await findGoneWorkers(ledger.db)).gone).toEqual([])
  expect(await listWorkers(ledger.db, { limit: 10 })).toMatchObject([{ id, state: 'stopped' }])
})
