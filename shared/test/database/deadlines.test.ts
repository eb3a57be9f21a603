import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  claimTickets,
  expireTasks,
  findTask,
  finishFailed,
  listTasks,
  markConfirmed,
  openOverdueDeadLetters,
  readStandings,
  redriveDeadLetter,
  rescheduleAttempts,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID as tenantId, standingKey } from '@redrive/shared/task'
import { sql } from 'kysely'
import { createLedgerFixture, failureOf } from './ledger-fixture.ts'

const PAST = new Date(Date.now() - 1_000)
const AHEAD = new Date(Date.now() + 3_600_000)

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
let worker: { id: string }

beforeAll(async () => {
  ledger = await createLedgerFixture()
  worker = await ledger.startWorker()
})

async function setDeadline(taskId: string, expiresAt: Date): Promise<void> {
  await ledger.db
    .updateTable('tasks')
    .set({ expires_at: expiresAt })
    .where('id', '=', taskId)
    .where('state', 'is', null)
    .execute()
  await ledger.db
    .updateTable('open_tasks')
    .set({ expires_at: expiresAt })
    .where('task_id', '=', taskId)
    .execute()
}

async function retryLater(taskId: string): Promise<void> {
  const { token } = (await ledger.claim(worker.id, taskId))!
  const error = { type: 'Error', message: 'again' }
  const retry = { taskId, token, outcome: 'failed', isCharged: true, delayMs: 60_000, error } as const
  await rescheduleAttempts(ledger.db, [{ ...retry, decision: 'Another attempt follows.' }])
}

const expire = () => expireTasks(ledger.db, { limit: 100 })
const view = (id: string) => findTask(ledger.db, { tenantId, id })

describe('a claim', () => {
  test('is refused after the deadline, and the ticket’s standing says so', async () => {
    const taskId = await ledger.submit({ expiresAt: PAST })
    expect(await ledger.claim(worker.id, taskId)).toBeUndefined()
    const ticket = { taskId, number: 1 }
    expect((await readStandings(ledger.db, [ticket])).get(standingKey(ticket))).toMatchObject({
      ended: null,
      isRunning: false,
      isDue: true,
      isExpired: true,
    })
  })

  test('sent again after the deadline returns the attempt that it began before', async () => {
    const taskId = await ledger.submit({ expiresAt: AHEAD })
    const tickets = [{ taskId, number: 1, token: crypto.randomUUID() }]
    const claim = { workerId: worker.id, types: ['math.add'], tickets }
    const [first] = await claimTickets(ledger.db, claim)
    await setDeadline(taskId, PAST)
    const [again] = await claimTickets(ledger.db, claim)
    expect(again).toMatchObject({ attempt: first!.attempt, token: first!.token })
    expect(again!.timeLeftMs).toBeLessThan(0)
  })

  test('tells the age of the life, the time that is left, and the retry policy of the task', async () => {
    const retry = { strategy: 'list', delaysMs: [5, 10] } as const
    const taskId = await ledger.submit({ expiresAt: new Date(Date.now() + 60_000), retry })
    await ledger.db
      .updateTable('open_tasks')
      .set({ life_began_at: sql<Date>`now() - interval '1 hour'` })
      .where('task_id', '=', taskId)
      .execute()
    const claimed = (await ledger.claim(worker.id, taskId))!
    expect(claimed.retry).toEqual(retry)
    expect(claimed.lifeAgeMs).toBeGreaterThanOrEqual(3_600_000)
    expect(claimed.lifeAgeMs).toBeLessThan(3_660_000)
    expect(claimed.timeLeftMs).toBeGreaterThan(0)
    expect(claimed.timeLeftMs).toBeLessThanOrEqual(60_000)
  })
})

describe('expiry', () => {
  test('ends what waits past its deadline, in whatever way it waits, and tells the callback', async () => {
    const ids = {
      scheduled: await ledger.submit({ delayMs: 60_000 }),
      waiting: await ledger.submit({ callbackUrl: 'https://example.com/hooks' }),
      queued: await ledger.submit({ takenForMs: 5_000 }),
      retrying: await ledger.submit(),
    }
    await markConfirmed(ledger.db, [{ taskId: ids.queued, number: 1 }])
    await retryLater(ids.retrying)
    for (const [state, id] of Object.entries(ids)) {
      expect(await ledger.stateOf(id)).toBe(state)
      await setDeadline(id, PAST)
    }
    expect((await expire()).map(({ taskId }) => taskId)).toEqual(expect.arrayContaining(Object.values(ids)))
    for (const id of Object.values(ids)) {
      expect(await view(id)).toMatchObject({ state: 'expired', result: null, error: null, expiresAt: PAST })
      expect(await ledger.openRow(id)).toBeUndefined()
    }
    expect(await view(ids.retrying)).toMatchObject({ attempt: 1, chargedAttempts: 1, number: 2 })
    const filter = { state: { anyOf: ['expired'] } } as const
    const listed = await listTasks(ledger.db, { tenantIds: [tenantId], filter, limit: 100 })
    expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.values(ids)))
    const callback = await ledger.db
      .selectFrom('tasks')
      .select('input')
      .where('type', '=', 'http.request')
      .executeTakeFirstOrThrow()
    expect(callback.input).toMatchObject({
      body: { type: 'task.expired', data: { id: ids.waiting, state: 'expired', error: null } },
    })
  })

  test('leaves a running task, one whose deadline is ahead, and one without a deadline', async () => {
    const running = await ledger.submit({ expiresAt: AHEAD })
    const attempt = (await ledger.claim(worker.id, running))!
    await setDeadline(running, PAST)
    const ahead = await ledger.submit({ expiresAt: AHEAD })
    const free = await ledger.submit()
    const ended = (await expire()).map(({ taskId }) => taskId)
    expect(ended.filter((id) => [running, ahead, free].includes(id))).toEqual([])
    await finishFailed(ledger.db, [failureOf(attempt, { reason: 'deadline_passed' })])
    expect(await ledger.stateOf(running)).toBe('failed')
  })

  test('is bounded, takes the longest overdue first, and two at once end each task once', async () => {
    await expire()
    const ids = []
    for (let minutes = 9; minutes > 0; minutes -= 1)
      ids.push(await ledger.submit({ expiresAt: new Date(Date.now() - minutes * 60_000) }))
    const first = await expireTasks(ledger.db, { limit: 3 })
    expect(first.map(({ taskId }) => taskId)).toEqual(ids.slice(0, 3))
    const both = (await Promise.all([expire(), expire()])).flat()
    expect(both.map(({ taskId }) => taskId).toSorted()).toEqual(ids.slice(3).toSorted())
    expect(await expire()).toEqual([])
  })

  test('and a claim at the same moment: one of them has the task', async () => {
    const deadline = new Date(Date.now() + 40)
    const ids = await Promise.all(Array.from({ length: 30 }, () => ledger.submit({ expiresAt: deadline })))
    const claimed: string[] = []
    const expired: string[] = []
    const claimAll = async (): Promise<void> => {
      for (const id of ids) if ((await ledger.claim(worker.id, id)) !== undefined) claimed.push(id)
    }
    const expireAll = async (): Promise<void> => {
      while (Date.now() < deadline.getTime() + 20)
        expired.push(...(await expire()).map(({ taskId }) => taskId))
    }
    await Promise.all([claimAll(), expireAll()])
    expired.push(...(await expire()).map(({ taskId }) => taskId))
    expect([...claimed, ...expired].toSorted()).toEqual(ids.toSorted())
  })
})

describe('a redrive', () => {
  async function failAndRedrive(expiresAt: Date, ageAfterwards?: Date): Promise<string> {
    const taskId = await ledger.submit({ expiresAt })
    const deadLetterId = await ledger.fail((await ledger.claim(worker.id, taskId))!)
    if (ageAfterwards !== undefined)
      await ledger.db
        .updateTable('tasks')
        .set({ expires_at: ageAfterwards })
        .where('id', '=', taskId)
        .execute()
    await openOverdueDeadLetters(ledger.db, { olderThanMs: -1_000, limit: 1_000 })
    const order = { tenantId, deadLetterId, auditId: newId(), actor: 'test', reason: null }
    await redriveDeadLetter(ledger.db, { ...order, input: null, lane: null, attempts: null })
    return taskId
  }

  test('keeps a deadline that is still ahead', async () => {
    const taskId = await failAndRedrive(AHEAD)
    expect(await view(taskId)).toMatchObject({ state: 'waiting', expiresAt: AHEAD })
  })

  test('drops a deadline that has passed, so that the new life runs', async () => {
    const taskId = await failAndRedrive(AHEAD, PAST)
    expect(await view(taskId)).toMatchObject({ state: 'waiting', expiresAt: null })
    await expire()
    const claimed = (await ledger.claim(worker.id, taskId, 2))!
    expect(claimed.timeLeftMs).toBeNull()
    expect(claimed.lifeAgeMs).toBeLessThan(60_000)
  })
})
