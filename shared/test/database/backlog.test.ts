import { beforeAll, expect, test } from '@jest/globals'
import {
  claimTickets,
  type ClaimedAttempt,
  createDatabase,
  type Database,
  finishFailed,
  finishSucceeded,
  markConfirmed,
  reportProgress,
  rescheduleAttempts,
  rescueAttempts,
  returnBystanders,
  releaseUnseenTickets,
  returnUnhandled,
  submitTasks,
  takeDueTickets,
} from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import type { Ticket } from '@redrive/shared/task'
import { onCleanup } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { createLedgerFixture, failureOf, newTask } from './ledger-fixture.ts'

/** By key a statement takes some 20 ms; one that compares every open row with every wanted one takes seconds. */
const FAST_ENOUGH_MS = 900

let ledger: Awaited<ReturnType<typeof createLedgerFixture>>
let hurried: Database
let workerId: string
let confirmed: readonly Ticket[]
let attempts: readonly ClaimedAttempt[]

beforeAll(async () => {
  ledger = await createLedgerFixture()
  const { url, db } = ledger
  const options = { url, poolSize: 1, statementTimeoutMs: FAST_ENOUGH_MS, applicationName: 'test' }
  hurried = createDatabase(options)
  onCleanup(() => hurried.close())
  workerId = (await ledger.startWorker()).id
  // What auto-analyze leaves behind when the last burst is over: pages, and no rows in them.
  await sql`alter table open_tasks set (autovacuum_enabled = false)`.execute(db)
  await submitMany(10_000)
  await sql`delete from open_tasks`.execute(db)
  await sql`analyze open_tasks`.execute(db)
  await submitMany(10_000)
  await submitMany(10_000)
  await submitMany(10_000)
  await submitMany(10_000)
  confirmed = await takeDueTickets(hurried.db, { lane: 'normal', limit: 1_000, graceMs: 60_000 })
  await markConfirmed(hurried.db, confirmed)
  const tickets = confirmed.slice(0, 500).map((ticket) => ({ ...ticket, token: newId() }))
  attempts = await claimTickets(hurried.db, { workerId, types: ['math.add'], tickets })
}, 60_000)

const submitMany = (count: number) =>
  submitTasks(
    ledger.db,
    Array.from({ length: count }, () => newTask()),
  )

test('release and claim find their rows by key in a backlog that the statistics do not know', () => {
  expect(confirmed.length).toBe(1_000)
  expect(attempts.length).toBe(500)
})

test('so do the ends of attempts', async () => {
  const [succeeded, failed, rescheduled] = [
    attempts.slice(0, 150),
    attempts.slice(150, 300),
    attempts.slice(300, 450),
  ]
  const progress = { done: 1 }
  await reportProgress(
    hurried.db,
    attempts.map((one) => ({ ...one, progress })),
  )
  const successes = succeeded.map((one) => ({ ...one, result: '1' }))
  expect((await finishSucceeded(hurried.db, successes)).size).toBe(150)
  const failures = failed.map((one) => failureOf(one))
  expect((await finishFailed(hurried.db, failures)).size).toBe(150)
  const again = { outcome: 'failed', isCharged: true, delayMs: 60_000, error: null, decision: '' } as const
  const retries = rescheduled.map((one) => ({ ...one, ...again }))
  expect((await rescheduleAttempts(hurried.db, retries)).size).toBe(150)
})

test('so do returns, rescue and reconcile', async () => {
  const returned = await returnUnhandled(hurried.db, confirmed.slice(500, 700), { delayMs: 0, reason: '' })
  expect(returned.size).toBe(200)
  const bystanders = confirmed.slice(700, 900).map((ticket) => ({ ...ticket, reason: '' }))
  expect((await returnBystanders(hurried.db, bystanders)).size).toBe(200)
  const unseen = { lane: 'normal', olderThanMs: 0, longMs: null, limit: 100 }
  expect(await releaseUnseenTickets(hurried.db, unseen)).toBe(100)
  expect(
    (await rescueAttempts(hurried.db, { workerId, maxLosses: 5, maxLossesBesideOthers: 20, decision: '' }))
      .length,
  ).toBe(50)
})
