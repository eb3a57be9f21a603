import { describe, expect, test } from '@jest/globals'
import { ERROR_QUEUE, laneQueue } from '@redrive/shared/broker'
import { createTestVhost, type SpawnedService, waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import type { ApiClient } from '../harness/api-client.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import type { SideLog } from '../harness/side-log.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'
import { startOwnRabbitMq } from '../harness/start-own-rabbitmq.ts'

// Nothing here is found by comparing counts, which would come long after the test: only by what shows that all is gone.
const NEVER_COMPARED = { RECONCILE_INTERVAL_MS: '3600000', CARRIED_AFTER_MS: '3600000' }
const FEW_SLOTS = { WORKER_CONCURRENCY: '4', WORKER_PREFETCH: '20' }

interface Load {
  readonly ids: readonly string[]
  readonly sideLog: SideLog
}

/** Tasks of every kind: some run, some are prefetched, many are queued or wait, some are due later, some fail. */
async function submitLoad(client: ApiClient, cluster: Cluster): Promise<Load> {
  const sideLog = cluster.sideLog()
  const input = { sideLog: sideLog.file }
  const many = (count: number, task: object) => Array.from({ length: count }, () => ({ input, ...task }))
  const held = await client.submitAll(many(24, { type: 'test.held' }))
  const others = await client.submitAll([
    ...many(1_500, { type: 'test.logged' }),
    ...many(50, { type: 'test.failing' }),
    ...many(50, { type: 'test.second', lane: 'high' }),
    ...many(50, { type: 'test.logged', lane: 'low', delayMs: 4_000 }),
  ])
  return { ids: [...held, ...others], sideLog }
}

async function untilHalfway({ database }: Cluster): Promise<void> {
  await waitFor(async () => {
    const { rows } = await sql<{ running: number; queued: number }>`
      select count(*) filter (where token is not null)::int as running,
        count(*) filter (where token is null and confirmed_at is not null)::int as queued from open_tasks`.execute(
      database.db,
    )
    return rows[0]!.running >= 4 && rows[0]!.queued >= 100
      ? true
      : Promise.reject(new Error(JSON.stringify(rows)))
  }, 'tasks to run and to be queued')
}

async function expectEachEnded({ database }: Cluster, { ids, sideLog }: Load): Promise<void> {
  sideLog.release()
  await waitFor(
    async () => {
      const left = await database.db.selectFrom('open_tasks').select(['task_id', 'confirmed_at']).execute()
      return left.length === 0 ? true : Promise.reject(new Error(`${left.length} of ${ids.length} are open`))
    },
    'every accepted task to end',
    { deadlineMs: 90_000 },
  )
  const accepted = await database.db.selectFrom('tasks').select('id').execute()
  expect(new Set(accepted.map(({ id }) => id))).toEqual(new Set(ids))
  expect(await findLedgerViolations(database)).toEqual([])
}

interface Services {
  readonly client: ApiClient
  readonly api: SpawnedService
  readonly dispatcher: SpawnedService
  readonly worker: SpawnedService
}

async function startAll(cluster: Cluster, amqpUrl: string): Promise<Services> {
  const at = { AMQP_URL: amqpUrl }
  const [{ client, api }, dispatcher, worker] = await Promise.all([
    cluster.startApi(at),
    cluster.start('dispatcher', { ...NEVER_COMPARED, ...at }),
    cluster.start('worker', { ...FEW_SLOTS, ...at }),
  ])
  return { client, api, dispatcher, worker }
}

async function killAll({ api, dispatcher, worker }: Services): Promise<void> {
  await Promise.all([api.stop(), dispatcher.kill(), worker.kill()])
}

describe('every accepted task still ends, without help', () => {
  test("when RabbitMQ's data are deleted in mid-load and it comes back empty on the same address", async () => {
    const broker = await startOwnRabbitMq()
    const cluster = await startCluster({ amqpUrl: broker.amqpUrl })
    const { client, api, dispatcher, worker } = await startAll(cluster, broker.amqpUrl)
    const load = await submitLoad(client, cluster)
    await untilHalfway(cluster)
    await broker.eraseData()
    await dispatcher.waitForLog((line) => line['event'] === 'broker.emptied', { deadlineMs: 60_000 })
    const later = await client.submitAll([{ type: 'test.logged', input: { sideLog: load.sideLog.file } }])
    await expectEachEnded(cluster, { ...load, ids: [...load.ids, ...later] })
    expect((await worker.stop()).code).toBe(0)
    await Promise.all([api.stop(), dispatcher.stop()])
  }, 240_000)

  test('when the services move to a new, empty broker, and later back to the one that they had left', async () => {
    const [first, second] = [await createTestVhost(), await createTestVhost()]
    const cluster = await startCluster({ amqpUrl: first.amqpUrl })
    const here = await startAll(cluster, first.amqpUrl)
    const load = await submitLoad(here.client, cluster)
    await untilHalfway(cluster)
    await killAll(here)
    const there = await startAll(cluster, second.amqpUrl)
    await there.dispatcher.waitForLog((line) => line['event'] === 'broker.emptied')
    await untilHalfway(cluster)
    await killAll(there)
    const back = await startAll(cluster, first.amqpUrl)
    await back.dispatcher.waitForLog((line) => line['event'] === 'broker.emptied')
    await expectEachEnded(cluster, load)
    await killAll(back)
  }, 240_000)

  test('when every queue and exchange is deleted while no dispatcher runs', async () => {
    const vhost = await createTestVhost()
    const cluster = await startCluster({ amqpUrl: vhost.amqpUrl })
    const { client, dispatcher } = await startAll(cluster, vhost.amqpUrl)
    const load = await submitLoad(client, cluster)
    await untilHalfway(cluster)
    await dispatcher.kill()
    for (const queue of [laneQueue('high'), laneQueue('normal'), laneQueue('low'), ERROR_QUEUE])
      await vhost.manage('DELETE', `/queues/${vhost.vhost}/${queue}`)
    for (const exchange of ['redrive.tasks', 'redrive.dead'])
      await vhost.manage('DELETE', `/exchanges/${vhost.vhost}/${exchange}`)
    await waitFor(
      () => vhost.manage('GET', `/queues/${vhost.vhost}/${laneQueue('normal')}`),
      'a worker to declare the queue again',
    )
    await cluster.start('dispatcher', {
      ...NEVER_COMPARED,
      CARRIED_AFTER_MS: '1000',
      RECONCILE_INTERVAL_MS: '1000',
    })
    await expectEachEnded(cluster, load)
  }, 240_000)
})
