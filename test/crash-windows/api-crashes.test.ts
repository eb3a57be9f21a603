import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { countRuns } from '../harness/count-runs.ts'
import { seedDeadLetters } from '../harness/seed-dead-letters.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'
import { expectKilled } from './expect-killed.ts'

let cluster: Cluster

beforeAll(async () => {
  cluster = await startCluster()
  await Promise.all([cluster.start('dispatcher'), cluster.start('worker')])
}, 60_000)

afterEach(async () => {
  expect(await findLedgerViolations(cluster.database)).toEqual([])
})

describe('an api killed at', () => {
  test.each(['submit.before_commit', 'submit.committed', 'submit.published', 'submit.confirmed'])(
    '%s: the client asks again with its key, and the task runs once',
    async (point) => {
      const { file, runs } = cluster.sideLog()
      const task = { type: 'test.logged', input: { sideLog: file }, tags: [point] }
      const doomed = await cluster.startApi({ CRASH_AT: point })
      // The answer may or may not be out before the process dies; the client cannot tell, so it asks again.
      await doomed.client.submit(task, point).catch(() => null)
      await expectKilled(doomed.api)
      const { api, client } = await cluster.startApi()
      const id = await client.submit(task, point)
      expect(await client.submit(task, point)).toBe(id)
      expect(await client.ended(id)).toMatchObject({ state: 'succeeded', attempt: 1 })
      expect((await client.call(`/tasks?tag=${point}`)).body.items).toHaveLength(1)
      expect(runs()).toEqual([{ taskId: id, attempt: 1 }])
      await api.stop()
    },
    60_000,
  )

  test('submit.committed in a bulk: every task of it runs once, though none was published', async () => {
    const { file, runs } = cluster.sideLog()
    const tasks = Array.from({ length: 50 }, () => ({ type: 'test.logged', input: { sideLog: file } }))
    const headers = { 'idempotency-key': 'bulk' }
    const doomed = await cluster.startApi({ CRASH_AT: 'submit.committed' })
    await doomed.client.call('/tasks/bulk', { body: tasks, headers }).catch(() => null)
    await expectKilled(doomed.api)
    const { api, client } = await cluster.startApi()
    const { body } = await client.call('/tasks/bulk', { body: tasks, headers })
    await waitFor(() => runs().length >= 50, 'fifty runs', { deadlineMs: 30_000 })
    for (const id of body.ids) expect((await client.ended(id)).state).toBe('succeeded')
    expect(
      runs()
        .map((run) => run.taskId)
        .toSorted(),
    ).toEqual(body.ids.toSorted())
    await api.stop()
  }, 60_000)

  test('redrive.committed: the redriven task runs, and the redrive is not repeated', async () => {
    const { file, runs } = cluster.sideLog()
    const { api, client } = await cluster.startApi()
    const id = await client.submit({ type: 'test.failing', input: { sideLog: file } })
    const letter = await client.openDeadLetter(id)
    const doomed = await cluster.startApi({ CRASH_AT: 'redrive.committed' })
    await doomed.client
      .call(`/dead-letters/${letter.id}/redrive`, { body: { reason: 'again' } })
      .catch(() => null)
    await expectKilled(doomed.api)
    expect((await client.call(`/dead-letters/${letter.id}/redrive`, { body: {} })).status).toBe(409)
    await waitFor(() => runs().length === 2, 'the second life to run', { deadlineMs: 30_000 })
    expect((await client.openDeadLetter(id)).id).not.toBe(letter.id)
    await api.stop()
  }, 60_000)

  test('redrive.planned: the plan is found in the list, and nothing of it has gone back', async () => {
    const order = { filter: { tag: 'planned' } }
    await seedDeadLetters(cluster.database, { count: 3, tag: 'planned' })
    const doomed = await cluster.startApi({ CRASH_AT: 'redrive.planned' })
    await doomed.client.call('/redrives', { body: order }).catch(() => null)
    await expectKilled(doomed.api)
    const { api, client } = await cluster.startApi()
    expect((await client.call('/redrives?limit=1')).body.items).toMatchObject([
      { state: 'planned', memberCount: 3 },
    ])
    expect((await client.call('/dead-letters?tag=planned&state=open')).body.items).toHaveLength(3)
    expect((await client.call('/redrives', { body: order })).status).toBe(201)
    await api.stop()
  }, 60_000)

  test('redrive.started: the members go back, and pressing again starts nothing twice', async () => {
    const [count, log] = [20, cluster.sideLog()]
    const input = { sideLog: log.file }
    await seedDeadLetters(cluster.database, { count, types: ['test.logged'], input, tag: 'started' })
    const { api, client } = await cluster.startApi()
    const { id } = (await client.call('/redrives', { body: { filter: { tag: 'started' } } })).body
    const doomed = await cluster.startApi({ CRASH_AT: 'redrive.started' })
    await doomed.client.call(`/redrives/${id}/execute`, { method: 'POST' }).catch(() => null)
    await expectKilled(doomed.api)
    expect((await client.call(`/redrives/${id}/execute`, { method: 'POST' })).status).toBe(200)
    await waitFor(() => log.runs().length >= count, 'every member to run', { deadlineMs: 30_000 })
    const runs = countRuns(log)
    expect([runs.size, ...new Set(runs.values())]).toEqual([count, 1])
    await api.stop()
  }, 60_000)

  test('recall.chunk_committed: the dispatcher takes back the rest', async () => {
    const count = 1_200
    await seedDeadLetters(cluster.database, { count, tag: 'recalled' })
    const { api, client } = await cluster.startApi()
    const { id } = (await client.call('/redrives', { body: { filter: { tag: 'recalled' } } })).body
    await client.call(`/redrives/${id}/execute`, { method: 'POST' })
    const found = async () => (await client.call(`/redrives/${id}`)).body
    await waitFor(async () => (await found()).state === 'completed', 'every member to go back')
    const doomed = await cluster.startApi({ CRASH_AT: 'recall.chunk_committed' })
    await doomed.client.call(`/redrives/${id}/recall`, { body: { reason: 'too soon' } }).catch(() => null)
    await expectKilled(doomed.api)
    await waitFor(async () => (await found()).recall?.endedAt !== null, 'the recall to end')
    expect((await found()).progress).toMatchObject({ redriven: 0, recalled: count })
    await api.stop()
  }, 60_000)
})
