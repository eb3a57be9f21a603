import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import type { ApiClient } from '../harness/api-client.ts'
import { findLedgerViolations } from '../harness/check-ledger.ts'
import { countRuns } from '../harness/count-runs.ts'
import { seedDeadLetters } from '../harness/seed-dead-letters.ts'
import { type Cluster, startCluster } from '../harness/start-cluster.ts'
import { expectKilled } from './expect-killed.ts'

let cluster: Cluster
let client: ApiClient

beforeAll(async () => {
  cluster = await startCluster()
  const [, api] = await Promise.all([cluster.start('worker', { WORKER_LANES: 'normal' }), cluster.startApi()])
  client = api.client
}, 60_000)

afterEach(async () => {
  expect(await findLedgerViolations(cluster.database)).toEqual([])
})

describe('a dispatcher killed at', () => {
  test.each(['release.taken', 'release.published'])(
    '%s: the delayed tasks run once',
    async (point) => {
      const { file, runs } = cluster.sideLog()
      const doomed = await cluster.start('dispatcher', { CRASH_AT: point })
      const delayed = { type: 'test.logged', input: { sideLog: file }, delayMs: 200 }
      const ids = await client.submitAll([delayed, delayed, delayed])
      await expectKilled(doomed)
      const healthy = await cluster.start('dispatcher')
      for (const id of ids) expect(await client.ended(id)).toMatchObject({ state: 'succeeded', attempt: 1 })
      expect(
        runs()
          .map((run) => run.taskId)
          .toSorted(),
      ).toEqual(ids.toSorted())
      await healthy.stop()
    },
    60_000,
  )

  test.each(['record.received', 'record.committed'])(
    '%s: the dead letter is open once, with the evidence of the broker',
    async (point) => {
      const { file, runs } = cluster.sideLog()
      const doomed = await cluster.start('dispatcher', { CRASH_AT: point })
      const id = await client.submit({ type: 'test.failing', input: { sideLog: file } })
      await expectKilled(doomed)
      const healthy = await cluster.start('dispatcher')
      const letter = await client.openDeadLetter(id)
      expect(letter.broker).toMatchObject({ reason: 'rejected', queue: 'redrive.v1.normal', count: 1 })
      await waitFor(
        async () => (await client.call('/queues/error')).body.ready === 0,
        'the error queue to be empty',
      )
      expect((await client.call(`/dead-letters?taskId=${id}`)).body.items).toHaveLength(1)
      expect(runs()).toEqual([{ taskId: id, attempt: 1 }])
      await healthy.stop()
    },
    60_000,
  )

  test.each(['groups.changed', 'groups.committed'])(
    '%s: somebody is told of the fault once, each time that it comes back',
    async (point) => {
      const settings = { ALERT_WEBHOOK_URL: 'http://127.0.0.1:9/alerts' }
      const { file } = cluster.sideLog()
      const first = await cluster.start('dispatcher', settings)
      const fingerprint = await failAgain(file)
      await resolve(fingerprint)
      await first.stop()
      const before = await alertsOf(fingerprint)
      const doomed = await cluster.start('dispatcher', { ...settings, CRASH_AT: point })
      await failAgain(file)
      await expectKilled(doomed)
      const wasCommitted = point === 'groups.committed'
      expect((await alertsOf(fingerprint)).slice(before.length)).toEqual(
        wasCommitted ? ['group.regressed'] : [],
      )
      const healthy = await cluster.start('dispatcher', settings)
      await waitFor(async () => (await alertsOf(fingerprint)).length > before.length, 'the alert')
      await resolve(fingerprint)
      await failAgain(file)
      await waitFor(async () => (await alertsOf(fingerprint)).length > before.length + 1, 'the next alert')
      expect((await alertsOf(fingerprint)).slice(before.length)).toEqual([
        'group.regressed',
        'group.regressed',
      ])
      await healthy.stop()
    },
    90_000,
  )

  test('rescue.committed: the rescued task runs once more, and only once', async () => {
    const { file, runs, release } = cluster.sideLog()
    const doomed = await cluster.start('dispatcher', { CRASH_AT: 'rescue.committed' })
    const lane = { WORKER_LANES: 'low' }
    const lost = await cluster.start('worker', lane)
    const id = await client.submit({ type: 'test.held', lane: 'low', input: { sideLog: file } })
    await waitFor(() => runs().length === 1, 'the handler to be inside')
    await lost.kill()
    await expectKilled(doomed)
    release()
    await cluster.start('worker', lane)
    const healthy = await cluster.start('dispatcher')
    const task = await client.ended(id)
    expect(task.attempts.map((attempt: { outcome: string }) => attempt.outcome)).toEqual([
      'lost',
      'succeeded',
    ])
    expect(runs().map((run) => run.attempt)).toEqual([1, 2])
    await healthy.stop()
  }, 60_000)

  test('expire.committed: what has expired stays so, and the rest expires once, each with its callback', async () => {
    const expiresAt = new Date(Date.now() + 4_000).toISOString()
    const callbackUrl = 'https://callbacks.invalid/ended'
    const overdue = { type: 'math.add', input: { a: 1, b: 2 }, lane: 'high', expiresAt, callbackUrl }
    // No worker has this lane. One more than a batch: a batch has ended when it dies, and one task is left.
    const ids = await client.submitAll(Array.from({ length: 501 }, () => overdue))
    const doomed = await cluster.start('dispatcher', { CRASH_AT: 'expire.committed' })
    await expectKilled(doomed)
    const { db } = cluster.database
    const countOf = async (state: 'expired' | null): Promise<number> => {
      const ofState = state === null ? sql<boolean>`state is null` : sql<boolean>`state = ${state}`
      const tasks = await db.selectFrom('tasks').select('id').where('id', 'in', ids).where(ofState).execute()
      return tasks.length
    }
    const expired = await countOf('expired')
    expect([expired, await countOf(null)]).toEqual([expired, 501 - expired])
    expect(expired).toBeGreaterThan(0)
    const healthy = await cluster.start('dispatcher')
    await waitFor(async () => (await countOf('expired')) === 501, 'all to have expired')
    const { rows } = await sql<{ tasks: number; callbacks: number }>`
      select count(distinct input #>> '{body,data,id}')::int as tasks, count(*)::int as callbacks
      from tasks where input ->> 'url' = ${callbackUrl}`.execute(db)
    expect(rows).toEqual([{ tasks: 501, callbacks: 501 }])
    expect(await client.ended(ids[0]!)).toMatchObject({ state: 'expired', attempt: 0, attempts: [] })
    await healthy.stop()
  }, 60_000)

  test.each(['redrive.chunk_before_commit', 'redrive.chunk_committed'])(
    '%s: each member of the redrive goes back and runs once',
    async (point) => {
      const [count, log] = [1_200, cluster.sideLog()]
      const input = { sideLog: log.file }
      await seedDeadLetters(cluster.database, { count, types: ['test.logged'], input, tag: point })
      const doomed = await cluster.start('dispatcher', { CRASH_AT: `${point}:2` })
      const { id } = (await client.call('/redrives', { body: { filter: { tag: point } } })).body
      await client.call(`/redrives/${id}/execute`, { method: 'POST' })
      await expectKilled(doomed)
      const healthy = await cluster.start('dispatcher')
      await waitFor(
        async () => (await client.call(`/redrives/${id}/report`)).body.outcomes.succeeded === count,
        'every member to succeed',
        { deadlineMs: 30_000 },
      )
      expect((await client.call(`/redrives/${id}`)).body.progress).toMatchObject({
        redriven: count,
        skipped: 0,
      })
      const runs = countRuns(log)
      expect([runs.size, ...new Set(runs.values())]).toEqual([count, 1])
      await healthy.stop()
    },
    60_000,
  )
})

/** Lets a task die, and returns its fault. */
async function failAgain(sideLog: string): Promise<string> {
  const id = await client.submit({ type: 'test.failing', input: { sideLog } })
  await client.ended(id)
  return (await client.call(`/dead-letters?taskId=${id}`)).body.items[0].fingerprint
}

async function resolve(fingerprint: string): Promise<void> {
  const { status } = await client.call(`/dead-letters/groups/${fingerprint}/resolve`, { method: 'POST' })
  expect(status).toBe(200)
}

/** What the alert webhook is told of a fault, whoever runs the calls. */
async function alertsOf(fingerprint: string): Promise<readonly string[]> {
  const tasks = await cluster.database.db
    .selectFrom('tasks')
    .select('input')
    .where('type', '=', 'http.request')
    .orderBy('id')
    .execute()
  const bodies = tasks.map(
    (task) => (task.input as { body: { type: string; data: { group?: { fingerprint: string } } } }).body,
  )
  return bodies.filter(({ data }) => data.group?.fingerprint === fingerprint).map(({ type }) => type)
}
