import { expect, test } from '@jest/globals'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { startCluster } from '../harness/start-cluster.ts'

test('what a killed worker was running runs elsewhere, uncharged, and what it had only prefetched was never started', async () => {
  const cluster = await startCluster()
  const [{ client }] = await Promise.all([cluster.startApi(), cluster.start('dispatcher')])
  const doomed = await cluster.start('worker', { WORKER_CONCURRENCY: '2', WORKER_PREFETCH: '10' })
  const { file, runs, release } = cluster.sideLog()
  const ids = await client.submitAll(
    Array.from({ length: 6 }, () => ({ type: 'test.held', input: { sideLog: file } })),
  )
  await doomed.waitForLog((line) => line['event'] === 'attempt.started')
  await doomed.kill()
  release()
  await cluster.start('worker')
  const tasks = await Promise.all(ids.map((id) => client.ended(id)))
  const lost = tasks
    .flatMap((task) => task.attempts)
    .filter((attempt: { outcome: string }) => attempt.outcome === 'lost')
  expect(tasks.map((task) => task.state)).toEqual(ids.map(() => 'succeeded'))
  expect(lost.length).toBeGreaterThanOrEqual(1)
  expect(lost.length).toBeLessThanOrEqual(2)
  expect(lost.every((attempt: { isCharged: boolean }) => !attempt.isCharged)).toBe(true)
  expect(runs().length).toBeLessThanOrEqual(6 + lost.length)
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 60_000)

test('a worker asked to stop finishes what it can, gives back the rest uncharged, and exits cleanly', async () => {
  const cluster = await startCluster()
  const [{ client }] = await Promise.all([cluster.startApi(), cluster.start('dispatcher')])
  const stopping = await cluster.start('worker', { SHUTDOWN_GRACE_MS: '7000' })
  const quick = cluster.sideLog()
  const slow = cluster.sideLog()
  const quickId = await client.submit({ type: 'test.held', input: { sideLog: quick.file } })
  const slowId = await client.submit({ type: 'test.held', input: { sideLog: slow.file } })
  const started = (id: string) => (line: Record<string, unknown>) =>
    line['event'] === 'attempt.started' && line['taskId'] === id
  await Promise.all([quickId, slowId].map((id) => stopping.waitForLog(started(id))))
  const exit = stopping.kill('SIGTERM')
  await stopping.waitForLog((line) => line['event'] === 'worker.draining')
  quick.release()
  expect(await exit).toEqual({ code: 0, signal: null })
  slow.release()
  await cluster.start('worker')
  expect((await client.ended(quickId)).attempts).toMatchObject([{ outcome: 'succeeded' }])
  expect((await client.ended(slowId)).attempts).toMatchObject([
    { outcome: 'returned', isCharged: false },
    { outcome: 'succeeded' },
  ])
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 60_000)

test('a task that crashes its worker crashes alone the next time, and is a dead letter after two attempts', async () => {
  const cluster = await startCluster()
  const [{ client }] = await Promise.all([cluster.startApi(), cluster.start('dispatcher')])
  await (await cluster.start('worker')).stop()
  const id = await client.submit({ type: 'demo.work', input: { durationMs: 0, failureRate: 0, crash: true } })
  expect(await cluster.spawn('worker').exited).toMatchObject({ signal: 'SIGABRT' })
  const unharmed = await cluster.start('worker')
  const letter = await client.openDeadLetter(id, 30_000)
  expect(letter).toMatchObject({ reason: 'crashed', evidence: { signal: 'SIGABRT' } })
  expect(letter.attempts.map((attempt: { outcome: string }) => attempt.outcome)).toEqual(['lost', 'failed'])
  expect(await unharmed.stop()).toEqual({ code: 0, signal: null })
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 120_000)
