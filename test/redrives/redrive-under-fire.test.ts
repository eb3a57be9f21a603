import { describe, expect, test } from '@jest/globals'
import { type SpawnedService, waitFor } from '@redrive/shared/testing'
import type { ApiClient } from '../harness/api-client.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { countRuns } from '../harness/count-runs.ts'
import { seedDeadLetters } from '../harness/seed-dead-letters.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'
import { startOwnEngine } from '../harness/start-own-engines.ts'

const FAULTS = 12
const PATIENCE = { deadlineMs: 120_000 }

/** Until so many members went back. */
async function redriven(client: ApiClient, id: string, count: number): Promise<void> {
  await waitFor(
    async () => {
      const { progress } = (await client.call(`/redrives/${id}`)).body
      return progress.redriven >= count ? true : Promise.reject(new Error(JSON.stringify(progress)))
    },
    `${count} members to be redriven`,
    PATIENCE,
  )
}

/** Until nothing is under way any more. */
async function settled({ database }: Cluster): Promise<void> {
  await waitFor(
    async () => {
      const open = await database.db.selectFrom('open_tasks').select('task_id').execute()
      return open.length === 0 ? true : Promise.reject(new Error(`${open.length} open tasks`))
    },
    'every task to end',
    PATIENCE,
  )
}

async function planAndExecute(client: ApiClient, order: object): Promise<string> {
  const { status, body } = await client.call('/redrives', { body: order })
  expect(status).toBe(201)
  const executed = await client.call(`/redrives/${body.id}/execute`, { method: 'POST' })
  expect(executed.status).toBe(200)
  return body.id
}

describe('a redrive of thousands', () => {
  test('runs each member once, though the dispatcher, RabbitMQ and a worker are killed while it goes', async () => {
    const count = 20_000
    const engine = await startOwnEngine('rabbitmq')
    const cluster = await startCluster({ amqpUrl: engine.addresses.amqpUrl })
    const log = cluster.sideLog()
    await seedDeadLetters(cluster.database, { count, types: ['test.logged'], input: { sideLog: log.file } })
    let dispatcher = await cluster.start('dispatcher')
    const [{ client }, worker] = await Promise.all([
      cluster.startApi(),
      cluster.start('worker'),
      cluster.start('worker'),
    ])
    const id = await planAndExecute(client, { filter: { type: 'test.logged' }, ratePerSecond: 4_000 })

    await redriven(client, id, count / 10)
    dispatcher = await replace(cluster, dispatcher)
    await redriven(client, id, count / 4)
    await engine.crash()
    await engine.restart()
    await redriven(client, id, count / 2)
    await worker.kill()
    await redriven(client, id, count)
    await settled(cluster)

    expect((await client.call(`/redrives/${id}`)).body).toMatchObject({
      state: 'completed',
      groupCount: FAULTS,
      progress: { planned: 0, redriven: count, skipped: 0, recalled: 0 },
    })
    expect((await client.call(`/redrives/${id}/report`)).body.outcomes).toMatchObject({ succeeded: count })
    const runs = countRuns(log)
    expect(runs.size).toBe(count)
    // Only what the killed worker had in its hands ran again, and the ledger says so of each.
    const again = [...runs].filter(([, times]) => times > 1).map(([taskId]) => taskId)
    const lost = await cluster.database.db
      .selectFrom('attempts')
      .select('task_id')
      .where('outcome', '=', 'lost')
      .execute()
    expect(again.filter((taskId) => !lost.some((attempt) => attempt.task_id === taskId))).toEqual([])
    expect(await findLedgerViolations(cluster.database)).toEqual([])
    await dispatcher.stop()
  }, 240_000)

  test('that is recalled in the middle leaves each member either run once or dead again', async () => {
    const count = 2_000
    const cluster = await startCluster()
    const log = cluster.sideLog()
    await seedDeadLetters(cluster.database, { count, types: ['test.logged'], input: { sideLog: log.file } })
    const [{ client }] = await Promise.all([
      cluster.startApi(),
      cluster.start('dispatcher'),
      cluster.start('worker', { WORKER_CONCURRENCY: '2', WORKER_PREFETCH: '4' }),
    ])
    const id = await planAndExecute(client, { filter: { type: 'test.logged' } })
    await waitFor(() => log.runs().length > 50, 'the first of them to run', PATIENCE)
    const { status, body } = await client.call(`/redrives/${id}/recall`, { body: { reason: 'too soon' } })
    expect([status, body.recall.endedAt]).toEqual([200, expect.any(String)])
    await settled(cluster)

    const { progress } = (await client.call(`/redrives/${id}`)).body
    const runs = countRuns(log)
    expect(progress.recalled).toBeGreaterThan(0)
    expect(progress.redriven + progress.recalled + progress.planned).toBe(count)
    expect(runs.size).toBe(progress.redriven)
    expect([...runs.values()].filter((times) => times !== 1)).toEqual([])
    const tasks = await cluster.database.db.selectFrom('tasks').select(['id', 'state']).execute()
    expect(
      tasks.filter(({ id: task, state }) => state !== (runs.has(task) ? 'succeeded' : 'failed')),
    ).toEqual([])
    expect(await findLedgerViolations(cluster.database)).toEqual([])
  }, 120_000)
})

async function replace(cluster: Cluster, dispatcher: SpawnedService): Promise<SpawnedService> {
  await dispatcher.kill()
  return cluster.start('dispatcher')
}
