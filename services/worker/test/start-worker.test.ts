import { beforeAll, expect, test } from '@jest/globals'
import { createTestDatabase, createTestVhost, spawnService, waitFor } from '@redrive/shared/testing'
import { SideLog } from './side-log.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)

test('a queue with other arguments ends the worker with one clear message', async () => {
  const [{ url }, broker] = await Promise.all([createTestDatabase(), createTestVhost()])
  const other = { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 } }
  await broker.manage('PUT', `/queues/${broker.vhost}/redrive.v1.high`, other)
  const worker = spawnService({ service: 'worker', env: { DATABASE_URL: url, AMQP_URL: broker.amqpUrl } })

  expect(await worker.exited).toEqual({ code: 1, signal: null })
  const fatal = worker.logs.filter((line) => line['level'] === 'fatal')
  expect(JSON.stringify(fatal)).toMatch(/redrive\.v1\.high.*with other arguments/)
})

test('settings that cannot work are all named at once', async () => {
  const worker = spawnService({ service: 'worker', env: { WORKER_LANES: 'fast', WORKER_CONCURRENCY: '0' } })

  expect(await worker.exited).toEqual({ code: 1, signal: null })
  for (const name of ['DATABASE_URL', 'AMQP_URL', 'WORKER_LANES', 'WORKER_CONCURRENCY']) {
    expect(JSON.stringify(worker.logs)).toContain(name)
  }
})

test('a worker is ready once it holds its lease and consumes, and the ledger knows what it can run', async () => {
  const worker = await stage.startReadyWorker({ WORKER_LANES: 'high,low', WORKER_CONCURRENCY: '7' })
  const { operationsUrl } = await worker.waitForReady()

  const readiness = await (await fetch(`${operationsUrl}/readyz`)).json()
  expect(readiness).toEqual({
    ready: true,
    checks: { worker: 'ok', lease: 'ok', consumers: 'ok', ledger: 'ok' },
  })
  const row = await stage.database.db
    .selectFrom('workers')
    .selectAll()
    .where('pid', '=', worker.pid)
    .executeTakeFirst()
  expect(row).toMatchObject({ state: 'running', lanes: ['high', 'low'], concurrency: 7 })
  expect(row?.types).toEqual(expect.arrayContaining(['math.add', 'demo.work', 'test.sleeping']))
  expect(await worker.stop()).toEqual({ code: 0, signal: null })
})

test('two workers share the work', async () => {
  const env = { WORKER_CONCURRENCY: '2', WORKER_PREFETCH: '2' }
  const [one, other] = [await stage.startReadyWorker(env), await stage.startReadyWorker(env)]
  const log = new SideLog()
  const tasks = Array.from({ length: 12 }, () => ({
    type: 'test.sleeping',
    input: { durationMs: 150, log: log.file },
  }))
  const ids = await Promise.all(tasks.map((task) => stage.submitAndRelease(task)))
  const ended = await Promise.all(ids.map(async (id) => (await stage.ended(id)).state))

  expect(new Set(ended)).toEqual(new Set(['succeeded']))
  const attempts = (await Promise.all(ids.map((id) => stage.attempts(id)))).flat()
  expect(new Set(attempts.map(({ worker_id }) => worker_id)).size).toBe(2)
  expect(attempts).toHaveLength(ids.length)
  await Promise.all([one.stop(), other.stop()])
})

test('a second signal ends a draining worker at once', async () => {
  const log = new SideLog()
  const worker = await stage.startReadyWorker()
  await stage.submitAndRelease({ type: 'test.sleeping', input: { durationMs: 60_000, log: log.file } })
  await waitFor(() => log.lines().includes('began'), 'the handler to begin')
  const exited = worker.kill('SIGTERM')
  const firstAtMs = performance.now()
  await waitFor(() => performance.now() - firstAtMs > 1_200, 'a second to pass')
  void worker.kill('SIGTERM')

  expect(await exited).toEqual({ code: 1, signal: null })
  expect(performance.now() - firstAtMs).toBeLessThan(4_000)
})
