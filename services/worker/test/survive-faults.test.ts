import { beforeAll, expect, test } from '@jest/globals'
import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { rescueAttempts, workerLockKey } from '@redrive/shared/database'
import { createTcpProxy, type TcpProxy, waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage
let ledgerPath: TcpProxy
let brokerPath: TcpProxy

beforeAll(async () => {
  stage = await openStage()
  ledgerPath = await createTcpProxy(placeOf(stage.databaseUrl))
  brokerPath = await createTcpProxy(placeOf(stage.amqpUrl))
}, 60_000)

function placeOf(url: string): { host: string; port: number } {
  const { hostname: host, port } = new URL(url)
  return { host, port: Number(port) }
}

function throughProxies(): Readonly<Record<string, string>> {
  return { DATABASE_URL: ledgerPath.through(stage.databaseUrl), AMQP_URL: brokerPath.through(stage.amqpUrl) }
}

async function sleep(log: SideLog, durationMs: number, maxAttempts = 1): Promise<string> {
  const taskId = await stage.submitAndRelease({
    type: 'test.sleeping',
    input: { durationMs, log: log.file },
    maxAttempts,
  })
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  return taskId
}

test('an attempt that ends while the ledger is away is written once it is back, and runs once', async () => {
  const worker = await stage.startReadyWorker(throughProxies())
  const log = new SideLog()
  const taskId = await sleep(log, 500)
  ledgerPath.cut()
  await waitFor(() => log.lines().includes('ended'), 'the handler to return')
  await worker.waitForLog((line) => String(line['message']).includes('repeated until the ledger answers'))
  ledgerPath.restore()

  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
  await stage.waitForReadyMessages(laneQueue('normal'), 0)
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
})

test('a claim whose answer was lost is repeated and starts one attempt', async () => {
  const worker = await stage.startReadyWorker(throughProxies())
  const log = new SideLog()
  // The statement reaches the ledger and is committed there; the connection ends before the answer.
  const sprung = ledgerPath.closeAfter('as "attemptsBeforeLife"')
  const taskId = await sleep(log, 300)
  await sprung

  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
  expect(log.count('began')).toBe(1)
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
})

test('a finish whose answer was lost is repeated, and the ticket is acknowledged', async () => {
  const worker = await stage.startReadyWorker(throughProxies())
  const log = new SideLog()
  const taskId = await sleep(log, 500)
  const sprung = ledgerPath.closeAfter("set state = 'succeeded'")
  await sprung

  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
  await worker.waitForLog((line) => line['event'] === 'attempt.succeeded' && line['taskId'] === taskId)
  expect(worker.logs.some((line) => line['event'] === 'attempt.taken_away')).toBe(false)
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
})

test('a worker without the ledger for five seconds gives its tickets to others, and comes back', async () => {
  const cutOff = await stage.startReadyWorker({
    ...throughProxies(),
    WORKER_CONCURRENCY: '1',
    WORKER_PREFETCH: '5',
  })
  const log = new SideLog()
  const running = await sleep(log, 8_000)
  const [waiting = ''] = await stage.submit([{ type: 'math.add', input: { a: 1, b: 1 } }])
  await stage.release(waiting)
  ledgerPath.blackhole()
  await cutOff.waitForLog((line) => line['event'] === 'database.unreachable', { deadlineMs: 30_000 })
  await stage.waitForReadyMessages(laneQueue('normal'), 1)
  const other = await stage.startReadyWorker()
  expect(await stage.ended(waiting)).toMatchObject({ state: 'succeeded' })
  await other.stop()

  ledgerPath.restore()
  await cutOff.waitForLog((line) => line['event'] === 'database.reached', { deadlineMs: 30_000 })
  expect(await stage.ended(running, 40_000)).toMatchObject({ state: 'succeeded', attempt: 1 })
  const later = await stage.submitAndRelease({ type: 'math.add', input: { a: 1, b: 1 } })
  expect(await stage.ended(later)).toMatchObject({ state: 'succeeded' })
  expect(await cutOff.stop()).toEqual({ code: 0, signal: null })
}, 120_000)

test('an attempt outlives the connection to the broker, and its ticket is settled on the next one', async () => {
  const worker = await stage.startReadyWorker(throughProxies())
  const [log, failing] = [new SideLog(), new SideLog()]
  const taskId = await sleep(log, 4_000)
  const failed = await stage.submitAndRelease({
    type: 'test.sleeping',
    input: { durationMs: 60_000, log: failing.file },
    timeoutMs: 4_000,
  })
  await waitFor(() => failing.lines().includes('began'), 'the second handler to begin')
  brokerPath.reset()

  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', attempt: 1 })
  expect(await stage.ended(failed)).toMatchObject({ state: 'failed', attempt: 1 })
  expect(log.count('began')).toBe(1)
  await stage.waitForReadyMessages(laneQueue('normal'), 0)
  await stage.waitForReadyMessages(ERROR_QUEUE, 1)
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
  await stage.waitForReadyMessages(laneQueue('normal'), 0)
})

test('a worker that was taken for dead notes its outcome, goes on under its id, and the rescued task runs', async () => {
  const worker = await stage.startReadyWorker()
  const log = new SideLog()
  const taskId = await sleep(log, 60_000, 3)
  const { worker_id: workerId } = await stage.running(taskId)
  await rescueAttempts(stage.database.db, {
    workerId: workerId ?? '',
    maxLosses: 5,
    maxLossesBesideOthers: 20,
    decision: 'taken for dead',
  })

  await waitFor(() => log.lines().includes('aborted: AbortError'), 'the handler to be told')
  await worker.waitForLog((line) => line['event'] === 'attempt.taken_away' && line['taskId'] === taskId)
  await worker.waitForLog((line) => String(line['message']).includes('had been given up'))
  expect((await stage.attempts(taskId))[0]).toMatchObject({ outcome: 'lost', is_charged: false })
  await waitFor(async () => (await stage.attempts(taskId))[0]?.note, 'the note of the outcome')
  await stage.release(taskId)
  expect(await stage.running(taskId)).toMatchObject({ worker_id: workerId, attempt: 2, number: 2 })
  await worker.kill()
})

test('a worker whose lease connection was ended holds its lock again', async () => {
  const worker = await stage.startReadyWorker()
  const { id } = await stage.database.db
    .selectFrom('workers')
    .select('id')
    .where('pid', '=', worker.pid)
    .executeTakeFirstOrThrow()
  const holders = () => holdersOf(stage, id)
  const [before] = await waitFor(async () => nonEmpty(await holders()), 'the lock to be held')
  await endConnection(stage, before ?? 0)

  const [after] = await waitFor(async () => nonEmpty(await holders()), 'the lock to be held again')
  expect(after).not.toBe(before)
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
})

test('stores that are absent at the start are waited for, without readiness and without an end', async () => {
  ledgerPath.cut()
  brokerPath.cut()
  const worker = stage.startWorker(throughProxies())
  const { port } = await worker.waitForLog((line) => line['event'] === 'operations.listening')
  const ready = async () => (await fetch(`http://127.0.0.1:${String(port)}/readyz`)).status
  await worker.waitForLog((line) => String(line['message']).includes('Waiting: the ledger'), {
    deadlineMs: 30_000,
  })
  expect(await ready()).toBe(503)
  ledgerPath.restore()
  await worker.waitForLog((line) => String(line['message']).includes('Waiting: could not declare'), {
    deadlineMs: 30_000,
  })
  expect(await ready()).toBe(503)
  brokerPath.restore()

  await worker.waitForReady({ deadlineMs: 30_000 })
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
}, 120_000)

test('a worker that waits for its stores can be stopped', async () => {
  ledgerPath.cut()
  brokerPath.cut()
  const worker = stage.startWorker(throughProxies())
  await worker.waitForLog((line) => line['event'] === 'operations.listening')

  expect(await worker.stop()).toEqual({ code: 0, signal: null })
  ledgerPath.restore()
  brokerPath.restore()
})

function nonEmpty<T>(list: readonly T[]): readonly T[] | null {
  return list.length > 0 ? list : null
}

/** The backends that hold the worker's lock: at most one. */
async function holdersOf({ database }: Stage, workerId: string): Promise<readonly number[]> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_locks where locktype = 'advisory' and granted
      and ((classid::bigint << 32) | objid::bigint) = ${workerLockKey(workerId)}::bigint`.execute(database.db)
  return rows.map(({ pid }) => pid)
}

async function endConnection({ database }: Stage, pid: number): Promise<void> {
  await sql`select pg_terminate_backend(${pid}, 5000)`.execute(database.db)
}
