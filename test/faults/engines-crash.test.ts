import { describe, expect, test } from '@jest/globals'
import { migrateToLatest } from '@redrive/migrations'
import { waitFor } from '@redrive/shared/testing'
import type { ApiClient } from '../harness/api-client.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'
import { startOwnEngine } from '../harness/start-own-engines.ts'

const BATCHES = 40
const PER_BATCH = 25

/** Submits without pause; what is not answered with 202 is asked again under its key until it is. */
async function submitThroughout(client: ApiClient, file: string): Promise<string[]> {
  const ids: string[] = []
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const body = Array.from({ length: PER_BATCH }, () => ({ type: 'test.logged', input: { sideLog: file } }))
    const accepted = await waitFor(
      async () => {
        const answer = await client.call('/tasks/bulk', {
          body,
          headers: { 'idempotency-key': `${file}-${batch}` },
        })
        return answer.status === 202
          ? answer
          : Promise.reject(new Error(`${answer.status} ${JSON.stringify(answer.body)}`))
      },
      'a batch to be accepted',
      { deadlineMs: 60_000 },
    )
    ids.push(...accepted.body.ids)
  }
  return ids
}

async function startServices(cluster: Cluster): Promise<ApiClient> {
  const [{ client }] = await Promise.all([
    cluster.startApi(),
    cluster.start('dispatcher'),
    cluster.start('worker'),
  ])
  return client
}

async function expectEachEndedOnce(cluster: Cluster, ids: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const { rows } = await countEnded(cluster)
      return rows === ids.length ? true : Promise.reject(new Error(`${rows} of ${ids.length} succeeded`))
    },
    'every accepted task to succeed',
    { deadlineMs: 90_000 },
  )
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}

async function countEnded({ database }: Cluster): Promise<{ rows: number }> {
  const ended = await database.db.selectFrom('tasks').select('id').where('state', '=', 'succeeded').execute()
  return { rows: ended.length }
}

describe('nothing accepted is lost and nothing ends twice', () => {
  test('when RabbitMQ is killed under load and comes back', async () => {
    const engine = await startOwnEngine('rabbitmq')
    const cluster = await startCluster({ amqpUrl: engine.addresses.amqpUrl })
    const client = await startServices(cluster)
    const { file } = cluster.sideLog()
    const submission = submitThroughout(client, file)
    await waitFor(async () => (await countEnded(cluster)).rows > 100, 'the load to flow', {
      deadlineMs: 30_000,
    })
    await engine.crash()
    await engine.restart()
    await expectEachEndedOnce(cluster, await submission)
  }, 180_000)

  test('when Postgres is killed under load and comes back', async () => {
    const engine = await startOwnEngine('postgres')
    await migrateToLatest(engine.addresses.databaseUrl)
    const cluster = await startCluster({ databaseUrl: engine.addresses.databaseUrl })
    const client = await startServices(cluster)
    const { file } = cluster.sideLog()
    const submission = submitThroughout(client, file)
    await waitFor(async () => (await countEnded(cluster)).rows > 100, 'the load to flow', {
      deadlineMs: 30_000,
    })
    await engine.crash()
    await engine.restart()
    await expectEachEndedOnce(cluster, await submission)
  }, 180_000)
})
