import { beforeAll, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import { sql } from 'kysely'
import type { Answer, ApiClient } from './harness/api-client.ts'
import { findLedgerViolations } from './harness/check-ledger.ts'
import { countRuns } from './harness/count-runs.ts'
import { seedDeadLetters, type SeededFault } from './harness/seed-dead-letters.ts'
import type { SideLog } from './harness/side-log.ts'
import { type Cluster, startCluster } from './harness/start-cluster.ts'

// The night of an operator, from the first look to the last: each test goes on where the one before ended.

const COUNT = 100_000
const FAULTS = 12
const OTHER_TENANTS = 39
// One of them runs here; the others are somebody else's.
const TYPES = ['test.logged', ...Array.from({ length: 39 }, (_, index) => `seeded.type-${index + 1}`)]

let cluster: Cluster
let client: ApiClient
let log: SideLog
let faults: readonly SeededFault[]
let refused: SeededFault

beforeAll(async () => {
  cluster = await startCluster()
  log = cluster.sideLog()
  ;({ faults } = await seedDeadLetters(cluster.database, {
    count: COUNT,
    types: TYPES,
    otherTenants: OTHER_TENANTS,
  }))
  refused = faults[0]!
  const [api] = await Promise.all([
    cluster.startApi(),
    cluster.start('dispatcher'),
    cluster.start('worker', { WORKER_CONCURRENCY: '4', WORKER_PREFETCH: '4' }),
  ])
  client = api.client
}, 240_000)

const post = (path: string, body: object = {}): Promise<Answer> => client.call(path, { body })
const find = (query: Record<string, string>): Promise<Answer> =>
  client.call(`/dead-letters?${new URLSearchParams({ limit: '1000', ...query }).toString()}`)

/** All pages of a list. */
async function findAll(query: Record<string, string>): Promise<readonly { id: string; taskId: string }[]> {
  const items = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body } = await find({ ...query, ...(cursor === '' ? {} : { cursor }) })
    expect(status).toBe(200)
    items.push(...body.items)
    cursor = body.nextCursor
  }
  return items
}

test('what broke, for whom and since when is told in one answer', async () => {
  const { status, body } = await client.call('/dead-letters/groups?sort=count')
  expect(status).toBe(200)
  expect(
    body.items.map(({ fingerprint, counts }: { fingerprint: string; counts: { all: number } }) => [
      fingerprint,
      counts.all,
    ]),
  ).toEqual(expect.arrayContaining(faults.map(({ fingerprint, count }) => [fingerprint, count])))
  expect(body.items).toHaveLength(FAULTS)
  const group = (await client.call(`/dead-letters/groups/${refused.fingerprint}`)).body
  expect(group).toMatchObject({
    title: refused.title,
    state: 'open',
    counts: { all: refused.count, open: refused.count },
    tenantCount: OTHER_TENANTS + 1,
  })
  expect(group.hourly.reduce((sum: number, count: number) => sum + count, 0)).toBeGreaterThan(
    refused.count / 2,
  )
  expect(group.workerVersions).toEqual([{ name: '1.4.0', count: refused.count }])
})

test('one filter finds exactly what is meant, and what is not understood is named', async () => {
  const swiss = await findAll({ 'input.country': 'CH', type: 'test.logged', state: 'open' })
  expect(swiss).toHaveLength(await countSwiss())
  expect(
    (await find({ text: '"refused by the bank" -template', tenant: 'seeded-07', attempts: '1' })).body.items,
  ).not.toEqual([])
  expect((await find({ 'input.no.such.path': 'x' })).body.items).toEqual([])
  const unknown = await find({ colour: 'red', attempts: '~3' })
  expect([unknown.status, unknown.body.errors.map(({ path }: { path: string }) => path)]).toEqual([
    422,
    ['attempts', 'colour'],
  ])
  expect(unknown.body.detail).toContain('fingerprint')
})

async function countSwiss(): Promise<number> {
  const { count } = await cluster.database.db
    .selectFrom('dead_letters')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('type', '=', 'test.logged')
    .where(sql<string>`input ->> 'country'`, '=', 'CH')
    .executeTakeFirstOrThrow()
  return Number(count)
}

test('one death is explained whole', async () => {
  const [first] = (await find({ fingerprint: refused.fingerprint, limit: '1' })).body.items
  const { body } = await client.call(`/dead-letters/${first.id}`)
  expect(body.explanation).toContain('PaymentError')
  expect(body.timeline.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(['accepted', 'attempt_started', 'attempt_ended', 'decided', 'died', 'opened']),
  )
})

test('what nobody needs is discarded and restored, in any number, each with its reason', async () => {
  const { fingerprint, count } = faults[11]!
  const order = { filter: { fingerprint, state: 'open' }, reason: 'sessions of yesterday' }
  const { body } = await post('/dead-letters/discard', order)
  expect(body).toMatchObject({ matched: count, discarded: count, remaining: 0 })
  expect((await find({ fingerprint, state: 'open' })).body.items).toEqual([])
  const back = await post('/dead-letters/restore', {
    ...order,
    filter: { fingerprint },
    reason: 'the wrong ones',
  })
  expect(back.body).toMatchObject({ restored: count, remaining: 0 })
  expect((await post('/dead-letters/discard', { filter: {}, reason: 'all' })).status).toBe(422)
}, 120_000)

let plan: { readonly id: string; readonly memberCount: number }

test('a plan freezes its members, counted, and edits their inputs', async () => {
  const patch = { sideLog: log.file, customer: null, country: null, amount: null }
  const order = {
    filter: { type: 'test.logged', fingerprint: refused.fingerprint },
    reason: 'the bank works again',
    inputPatch: patch,
    ratePerSecond: 40,
  }
  const { status, body } = await post('/redrives', order)
  expect(status).toBe(201)
  plan = body
  expect(body).toMatchObject({
    state: 'planned',
    groups: [{ fingerprint: refused.fingerprint, count: body.memberCount }],
    types: [{ type: 'test.logged', count: body.memberCount }],
    progress: { planned: body.memberCount, skipped: 0 },
  })
  expect(body.samples).toHaveLength(5)
  expect((await post('/redrives', { ...order, filter: { tenant: 'nobody' } })).status).toBe(422)
  expect((await post('/redrives', { ...order, filter: { user: 'nobody' } })).body.code).toBe(
    'NOTHING_MATCHES',
  )
}, 60_000)

test('a member that is discarded meanwhile is skipped and named', async () => {
  const { items } = (await client.call(`/redrives/${plan.id}/members?limit=1`)).body
  expect(
    (await post(`/dead-letters/${items[0].deadLetterId}/discard`, { reason: 'paid in cash' })).status,
  ).toBe(200)
  expect((await post(`/redrives/${plan.id}/execute`)).body.state).toBe('running')
  expect((await post(`/redrives/${plan.id}/execute`)).status).toBe(200)
  const skipped = await waitFor(async () => {
    const found = (await client.call(`/redrives/${plan.id}/members?state=skipped`)).body.items
    return found.length > 0 && found
  }, 'the member to be skipped')
  expect(skipped).toMatchObject([{ position: 1, skipCode: 'discarded' }])
  expect(skipped[0].skippedBecause).toContain('administrator')
  const again = await post(`/dead-letters/${items[0].deadLetterId}/redrive`)
  expect([again.status, again.body.deadLetterState]).toEqual([409, 'discarded'])
})

test('a redrive is paused, resumed and recalled: each member ran once or is dead again', async () => {
  await waitFor(() => log.runs().length > 5, 'some to run')
  expect((await post(`/redrives/${plan.id}/pause`)).body.state).toBe('paused')
  expect((await post(`/redrives/${plan.id}/resume`)).body.state).toBe('running')
  await waitFor(() => log.runs().length > 20, 'more of them to run')
  const recalled = (await post(`/redrives/${plan.id}/recall`, { reason: 'the bank is down again' })).body
  expect(recalled).toMatchObject({ state: 'stopped', recall: { reason: 'the bank is down again' } })
  await waitFor(async () => {
    const open = await cluster.database.db
      .selectFrom('open_tasks')
      .select('task_id')
      .where('type', '=', 'test.logged')
      .execute()
    return open.length === 0
  }, 'what had begun to end')
  const { progress } = (await client.call(`/redrives/${plan.id}`)).body
  const runs = countRuns(log)
  expect(runs.size).toBe(progress.redriven)
  expect([...runs.values()].every((times) => times === 1)).toBe(true)
  expect(progress.redriven + progress.recalled + progress.skipped + progress.planned).toBe(plan.memberCount)
  const report = (await client.call(`/redrives/${plan.id}/report`)).body
  expect(report).toMatchObject({
    outcomes: { succeeded: progress.redriven, failed_same: 0, failed_differently: 0 },
    skipped: [{ code: 'discarded', count: 1 }],
  })
}, 60_000)

test('every act is in the audit, and the ledger holds', async () => {
  const { items } = (await client.call('/audit?limit=1000&action=redrive.recalled')).body
  expect(items).toMatchObject([{ actor: 'administrator', reason: 'the bank is down again' }])
  const discarded = (await client.call('/audit?limit=1&action=dead_letter.discarded')).body.items
  expect(discarded).toMatchObject([{ actor: 'administrator', reason: 'paid in cash' }])
  expect(await findLedgerViolations(cluster.database)).toEqual([])
}, 60_000)
