import { beforeAll, expect, test } from '@jest/globals'
import { laneQueue } from '@redrive/shared/broker'
import { waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)

async function workerOf(pid: number) {
  return stage.database.db.selectFrom('workers').selectAll().where('pid', '=', pid).executeTakeFirstOrThrow()
}

async function startSleeping(log: SideLog, durationMs: number, ignoresSignal = false): Promise<string> {
  const taskId = await stage.submitAndRelease({
    type: 'test.sleeping',
    input: { durationMs, log: log.file, ignoresSignal },
    maxAttempts: 3,
  })
  return taskId
}

test('SIGTERM lets a running handler finish, and gives back what waits', async () => {
  const log = new SideLog()
  const worker = await stage.startReadyWorker({ WORKER_CONCURRENCY: '1', WORKER_PREFETCH: '10' })
  const running = await startSleeping(log, 1_500)
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  const waiting = await Promise.all(Array.from({ length: 5 }, () => startSleeping(log, 1_500)))
  await stage.waitForReadyMessages(laneQueue('normal'), 0)

  const exit = await worker.stop()

  expect(exit).toEqual({ code: 0, signal: null })
  expect(await stage.task(running)).toMatchObject({ state: 'succeeded', attempt: 1 })
  expect(log.count('began')).toBe(1)
  await stage.waitForReadyMessages(laneQueue('normal'), waiting.length)
  const rows = await Promise.all(waiting.map((id) => stage.openRow(id)))
  expect(rows.every(({ number, attempt, token }) => number === 1 && attempt === 0 && token === null)).toBe(
    true,
  )
  expect(await workerOf(worker.pid)).toMatchObject({ state: 'stopped' })
  await stage.database.db.deleteFrom('open_tasks').execute()
}, 30_000)

test('told to stop while a claim is under way, it lets the attempts of that claim finish', async () => {
  const log = new SideLog()
  const { db } = stage.database
  const worker = await stage.startReadyWorker()
  const input = { durationMs: 500, log: log.file, ignoresSignal: false }
  const [taskId = ''] = await stage.submit([{ type: 'test.sleeping', input }])
  const exit = await db.transaction().execute(async (transaction) => {
    await transaction.selectFrom('open_tasks').select('task_id').forUpdate().execute()
    await stage.release(taskId)
    await waitFor(async () => {
      const { rows } = await sql`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
      return rows.length > 0
    }, 'the claim to wait for the row')
    const exited = worker.kill('SIGTERM')
    await waitFor(async () => (await workerOf(worker.pid)).state === 'draining', 'the worker to drain')
    return { exited }
  })

  expect(await exit.exited).toEqual({ code: 0, signal: null })
  expect(await stage.task(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
  expect(log.count('began')).toBe(1)
}, 30_000)

test('what does not end within the grace is returned uncharged, and a new attempt may begin at once', async () => {
  const log = new SideLog()
  const worker = await stage.startReadyWorker({ SHUTDOWN_GRACE_MS: '6000' })
  await waitFor(async () => (await stage.ready(laneQueue('normal'))) === 0, 'the leftovers to be dropped')
  const obedient = await startSleeping(log, 60_000)
  const deaf = await startSleeping(log, 60_000, true)
  await waitFor(() => log.count('began') === 2, 'both handlers to begin')

  const exit = await worker.stop()

  expect(exit).toEqual({ code: 0, signal: null })
  for (const taskId of [obedient, deaf]) {
    const open = await stage.openRow(taskId)
    expect(open).toMatchObject({
      number: 2,
      token: null,
      charged_attempts: 0,
      return_reason: expect.stringContaining('stops'),
    })
    expect(await stage.attempts(taskId)).toMatchObject([
      { outcome: 'returned', is_charged: false, error: null },
    ])
  }
  expect(log.lines()).toContain('aborted: AbortError')
  expect(await workerOf(worker.pid)).toMatchObject({ state: 'stopped' })
  await stage.waitForReadyMessages(laneQueue('normal'), 0)
}, 30_000)

test('a draining worker is alive but not ready, and says so in the ledger', async () => {
  const log = new SideLog()
  const worker = await stage.startReadyWorker()
  const { operationsUrl } = await worker.waitForReady()
  await startSleeping(log, 2_500)
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  const exited = worker.kill('SIGTERM')

  await waitFor(async () => (await fetch(`${operationsUrl}/readyz`)).status === 503, 'readiness to end')
  expect((await fetch(`${operationsUrl}/livez`)).status).toBe(200)
  await waitFor(async () => (await workerOf(worker.pid)).state === 'draining', 'the ledger to know')
  expect(await exited).toEqual({ code: 0, signal: null })
}, 30_000)

test('an exception outside any promise is logged, the neighbours finish, and the process ends with 1', async () => {
  const log = new SideLog()
  const worker = await stage.startReadyWorker()
  const neighbour = await startSleeping(log, 1_000)
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  await stage.submitAndRelease({ type: 'test.stray', input: { how: 'exception' } })

  expect(await worker.exited).toEqual({ code: 1, signal: null })
  expect(JSON.stringify(worker.logs)).toContain('a stray exception')
  expect(await stage.task(neighbour)).toMatchObject({ state: 'succeeded', attempt: 1 })
}, 30_000)

test('no more attempts run at once than there are slots', async () => {
  const log = new SideLog()
  const worker = await stage.startReadyWorker({ WORKER_CONCURRENCY: '3', WORKER_PREFETCH: '20' })
  const ids = await Promise.all(Array.from({ length: 12 }, () => startSleeping(log, 150)))
  const claimed: number[] = []
  await waitFor(async () => {
    const open = await stage.database.db
      .selectFrom('open_tasks')
      .select('token')
      .where('task_id', 'in', ids)
      .execute()
    claimed.push(open.filter(({ token }) => token !== null).length)
    return open.length === 0
  }, 'all tasks to end')

  expect(Math.max(...claimed)).toBe(3)
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
}, 30_000)
