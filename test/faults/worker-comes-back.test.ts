import { describe, expect, test } from '@jest/globals'
import { createTcpProxy, type SpawnedService, waitFor } from '@redrive/shared/testing'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'

interface Absence {
  readonly worker: SpawnedService
  readonly leave: () => void
  readonly comeBack: () => void
}

async function expectFenced(cluster: Cluster, prepare: () => Promise<Absence>): Promise<void> {
  const [{ client }] = await Promise.all([cluster.startApi(), cluster.start('dispatcher')])
  const { worker, leave, comeBack } = await prepare()
  const { file, runs, release } = cluster.sideLog()
  const id = await client.submit({ type: 'test.held', input: { sideLog: file } })
  await worker.waitForLog((line) => line['event'] === 'attempt.started' && line['taskId'] === id)
  const other = await cluster.start('worker')
  leave()
  await other.waitForLog((line) => line['event'] === 'attempt.started' && line['taskId'] === id, {
    deadlineMs: 60_000,
  })
  release()
  const ended = await client.ended(id)
  comeBack()
  await worker.waitForLog((line) => line['event'] === 'attempt.taken_away' && line['taskId'] === id, {
    deadlineMs: 60_000,
  })
  // The event is first, and the note is written after it.
  const body = await waitFor(async () => {
    const { body: task } = await client.call(`/tasks/${id}`)
    return task.attempts[0].note === null ? null : task
  }, 'the note on the attempt')
  expect(body).toMatchObject({ state: 'succeeded', result: { attempt: 2 }, finishedAt: ended.finishedAt })
  expect(body.attempts).toMatchObject([
    { attempt: 1, outcome: 'lost', isCharged: false, note: { workerId: expect.any(String) } },
    { attempt: 2, outcome: 'succeeded', isCharged: true, note: null },
  ])
  expect(runs().filter(({ taskId }) => taskId === id)).toHaveLength(2)
  expect(await findLedgerViolations(cluster.database)).toEqual([])
  expect(await worker.stop()).toMatchObject({ code: 0 })
}

describe('a worker that comes back after its attempts were taken away changes nothing, and says so', () => {
  test('when it had been frozen', async () => {
    const cluster = await startCluster()
    await expectFenced(cluster, async () => {
      const worker = await cluster.start('worker')
      return {
        worker,
        leave: () => void process.kill(worker.pid, 'SIGSTOP'),
        comeBack: () => void process.kill(worker.pid, 'SIGCONT'),
      }
    })
  }, 180_000)

  test('when it had been cut off from Postgres', async () => {
    const cluster = await startCluster()
    await expectFenced(cluster, async () => {
      const { hostname, port } = new URL(cluster.databaseUrl)
      const path = await createTcpProxy({ host: hostname, port: Number(port) })
      const worker = await cluster.start('worker', { DATABASE_URL: path.through(cluster.databaseUrl) })
      return { worker, leave: () => path.blackhole(), comeBack: () => path.restore() }
    })
  }, 180_000)
})
