import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import type { ApiClient } from '../harness/api-client.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import type { SideLog } from '../harness/side-log.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'
import { expectKilled } from './expect-killed.ts'

let cluster: Cluster
let client: ApiClient
let log: SideLog
let workers: SpawnedService[] = []

beforeAll(async () => {
  cluster = await startCluster()
  const [, api] = await Promise.all([cluster.start('dispatcher'), cluster.startApi()])
  client = api.client
  // The first worker makes the types known; each test then brings its own.
  await (await cluster.start('worker')).stop()
}, 60_000)

beforeEach(() => {
  log = cluster.sideLog()
})

afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  workers = []
  expect(await findLedgerViolations(cluster.database)).toEqual([])
})

/** Runs one task on a worker that dies at the point, then lets another worker go on. */
async function killWorkerAt(point: string, type: string): Promise<string> {
  const doomed = await cluster.start('worker', { CRASH_AT: point })
  workers.push(doomed)
  const id = await client.submit({ type, input: { sideLog: log.file } })
  await expectKilled(doomed)
  workers.push(await cluster.start('worker'))
  return id
}

const outcomes = (task: { attempts: { outcome: string; isCharged: boolean }[] }) =>
  task.attempts.map((attempt) => attempt.outcome)

describe('a worker killed at', () => {
  test('claim.received: another worker runs the task, and nothing was charged', async () => {
    const id = await killWorkerAt('claim.received', 'test.logged')
    const task = await client.ended(id)
    expect(task).toMatchObject({ state: 'succeeded', attempt: 1 })
    expect(log.runs()).toEqual([{ taskId: id, attempt: 1 }])
  }, 60_000)

  test('claim.committed: the attempt is lost and uncharged, and the next one runs', async () => {
    const id = await killWorkerAt('claim.committed', 'test.logged')
    const task = await client.ended(id)
    expect(outcomes(task)).toEqual(['lost', 'succeeded'])
    expect(task.attempts[0].isCharged).toBe(false)
    expect(log.runs()).toEqual([{ taskId: id, attempt: 2 }])
  }, 60_000)

  test('run.in_handler: the attempt is lost and uncharged, and the next one runs', async () => {
    const id = await killWorkerAt('run.in_handler', 'test.logged')
    const task = await client.ended(id)
    expect(task.state).toBe('succeeded')
    expect(outcomes(task)).toEqual(['lost', 'succeeded'])
  }, 60_000)

  test('alone.began: the process of the attempt ends with its worker, and the attempt is lost and uncharged', async () => {
    const id = await killWorkerAt('alone.began', 'test.isolated')
    log.release()
    const task = await client.ended(id)
    expect(outcomes(task)).toEqual(['lost', 'succeeded'])
    expect(task.attempts[0].isCharged).toBe(false)
    // The first process may have been gone before it noted anything.
    expect(log.runs().at(-1)).toEqual({ taskId: id, attempt: 2 })
  }, 60_000)

  test('finish.before_commit: the handler runs twice, and the task ends once', async () => {
    const id = await killWorkerAt('finish.before_commit', 'test.logged')
    const task = await client.ended(id)
    expect(outcomes(task)).toEqual(['lost', 'succeeded'])
    expect(log.runs().map((run) => run.attempt)).toEqual([1, 2])
  }, 60_000)

  test('finish.committed: the ticket comes again and is void, and the handler ran once', async () => {
    const id = await killWorkerAt('finish.committed', 'test.logged')
    const task = await client.ended(id)
    expect(outcomes(task)).toEqual(['succeeded'])
    await expectLaneEmpty()
    expect(log.runs()).toEqual([{ taskId: id, attempt: 1 }])
  }, 60_000)

  test('retry.committed: the old ticket is void, and the retry runs once', async () => {
    const id = await killWorkerAt('retry.committed', 'test.second')
    const task = await client.ended(id)
    expect(outcomes(task)).toEqual(['failed', 'succeeded'])
    await expectLaneEmpty()
    expect(log.runs().map((run) => run.attempt)).toEqual([1, 2])
  }, 60_000)

  test('fail.before_commit: the next attempt fails for good, with one dead letter', async () => {
    const id = await killWorkerAt('fail.before_commit', 'test.failing')
    const letter = await client.openDeadLetter(id)
    expect(outcomes(letter)).toEqual(['lost', 'failed'])
  }, 60_000)

  test('fail.committed: the ticket is rejected by another worker and opens the one dead letter', async () => {
    const id = await killWorkerAt('fail.committed', 'test.failing')
    const letter = await client.openDeadLetter(id)
    expect(outcomes(letter)).toEqual(['failed'])
    expect(letter.broker).toMatchObject({ reason: 'rejected', queue: 'redrive.v1.normal' })
    expect(log.runs()).toEqual([{ taskId: id, attempt: 1 }])
  }, 60_000)

  test('fail.rejected: the one dead letter opens with the evidence of the broker', async () => {
    const id = await killWorkerAt('fail.rejected', 'test.failing')
    const letter = await client.openDeadLetter(id)
    expect(letter.broker).toMatchObject({ reason: 'rejected' })
    expect(log.runs()).toEqual([{ taskId: id, attempt: 1 }])
  }, 60_000)

  test('return.committed: work that a stopping worker gave back runs elsewhere, uncharged', async () => {
    const doomed = await cluster.start('worker', { CRASH_AT: 'return.committed', SHUTDOWN_GRACE_MS: '6000' })
    workers.push(doomed)
    const id = await client.submit({ type: 'test.held', input: { sideLog: log.file } })
    await doomed.waitForLog((line) => line['event'] === 'attempt.started')
    await doomed.kill('SIGTERM')
    await expectKilled(doomed)
    workers.push(await cluster.start('worker'))
    log.release()
    const task = await client.ended(id)
    expect(outcomes(task)).toEqual(['returned', 'succeeded'])
    expect(task.attempts[0].isCharged).toBe(false)
  }, 60_000)
})

async function expectLaneEmpty(): Promise<void> {
  await waitFor(async () => {
    const { body } = await client.call('/queues/normal')
    return body.ready === 0 && body.waiting === 0 && body.queued === 0
  }, 'the lane to be empty')
}
