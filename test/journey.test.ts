import { beforeAll, describe, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import type { ApiClient } from './harness/api-client.ts'
import { findLedgerViolations } from './harness/check-ledger.ts'
import { type Cluster, startCluster } from './harness/start-cluster.ts'

let cluster: Cluster
let client: ApiClient

beforeAll(async () => {
  cluster = await startCluster()
  const [api] = await Promise.all([cluster.startApi(), cluster.start('dispatcher'), cluster.start('worker')])
  client = api.client
}, 60_000)

/** Every item of a list, page by page. */
async function all(path: string) {
  const items = []
  let cursor: string | null = null
  do {
    const { body } = await client.call(
      `${path}&limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    items.push(...body.items)
    cursor = body.nextCursor
  } while (cursor !== null)
  return items
}

describe('the main job', () => {
  test('ten thousand additions submitted at once are all correct', async () => {
    const tasks = Array.from({ length: 10_000 }, (_, index) => ({
      type: 'math.add',
      input: { a: index, b: '0.5' },
    }))
    const ids = await client.submitAll(tasks)
    expect(new Set(ids).size).toBe(10_000)
    const results = await waitFor(
      async () => {
        const found = await all('/results?type=math.add')
        return found.length === 10_000 ? found : Promise.reject(new Error(`${found.length} results`))
      },
      'ten thousand results',
      { deadlineMs: 90_000 },
    )
    const sums = new Map(results.map((item) => [item.id, item.result.sum]))
    expect(ids.map((id) => sums.get(id))).toEqual(ids.map((_, index) => `${index}.5`))
    expect(await findLedgerViolations(cluster.database)).toEqual([])
  }, 150_000)

  test('of a thousand tasks that fail at 20 % about 200 die, are explained, and succeed when redriven with another input', async () => {
    const task = {
      type: 'demo.work',
      input: { durationMs: 1, failureRate: 0.2 },
      maxAttempts: 1,
      tags: ['engines'],
    }
    const ids = await client.submitAll(Array.from({ length: 1_000 }, () => task))
    const letters = await waitFor(
      async () => {
        const done = await all('/results?type=demo.work')
        const dead = await all('/dead-letters?type=demo.work&state=open')
        return done.length + dead.length === 1_000
          ? dead
          : Promise.reject(new Error(`${done.length} + ${dead.length}`))
      },
      'a thousand endings',
      { deadlineMs: 90_000 },
    )
    // Five standard deviations around 200: of a million runs, one fails by chance.
    expect(letters.length).toBeGreaterThan(136)
    expect(letters.length).toBeLessThan(264)
    const { body } = await client.call(`/dead-letters/${letters[0].id}`)
    expect(body).toMatchObject({
      reason: 'attempts_exhausted',
      broker: { reason: 'rejected', exchange: 'redrive.tasks', count: 1 },
    })
    expect(body.attempts).toMatchObject([{ attempt: 1, outcome: 'failed', error: { type: 'Error' } }])
    expect(body.explanation).toContain(body.error.message)
    for (const letter of letters) {
      const answer = await client.call(`/dead-letters/${letter.id}/redrive`, {
        body: { input: { durationMs: 1, failureRate: 0 } },
      })
      expect(answer.status).toBe(202)
    }
    await waitFor(
      async () => (await all('/results?type=demo.work')).length === 1_000,
      'every redriven task to succeed',
      { deadlineMs: 90_000 },
    )
    const life = await client.ended(letters[0].taskId)
    expect(ids).toContain(life.id)
    expect(life.attempts).toMatchObject([
      { attempt: 1, dispatch: 1, outcome: 'failed' },
      { attempt: 2, dispatch: 2, outcome: 'succeeded' },
    ])
    expect(life.deadLetters).toMatchObject([{ id: letters[0].id, state: 'redriven' }])
    expect((await client.call(`/dead-letters/${letters[0].id}`)).body.input).toEqual(task.input)
    expect(await findLedgerViolations(cluster.database)).toEqual([])
  }, 180_000)

  test('a second api, dispatcher and worker share the work', async () => {
    const [second, , worker] = await Promise.all([
      cluster.startApi(),
      cluster.start('dispatcher'),
      cluster.start('worker'),
    ])
    const task = { type: 'demo.work', input: { durationMs: 50, failureRate: 0 }, tags: ['shared'] }
    const half = Array.from({ length: 200 }, () => task)
    const ids = (await Promise.all([client.submitAll(half), second.client.submitAll(half)])).flat()
    const tasks = await Promise.all(ids.map((id) => second.client.ended(id, 60_000)))
    const workers = new Set(tasks.map((ended) => ended.attempts[0].workerId))
    expect(tasks.every((ended) => ended.state === 'succeeded' && ended.attempt === 1)).toBe(true)
    expect(workers.size).toBe(2)
    expect((await client.call('/workers?state=running')).body.items).toHaveLength(2)
    await worker.stop()
  }, 120_000)
})
