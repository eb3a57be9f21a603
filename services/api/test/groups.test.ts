import { beforeAll, describe, expect, test } from '@jest/globals'
import { newId } from '@redrive/shared/runtime'
import {
  DEFAULT_TENANT_ID,
  describeFault,
  type GroupAct,
  GROUP_TRANSITIONS,
  type GroupState,
} from '@redrive/shared/task'
import { waitFor } from '@redrive/shared/testing'
import { type ApiUnderTest, startApi } from './api-under-test.ts'
import { workByHand, type WorkerByHand } from './worker-by-hand.ts'

let api: ApiUnderTest
let worker: WorkerByHand

beforeAll(async () => {
  api = await startApi()
  worker = await workByHand(api.db)
}, 60_000)

const get = (path: string) => api.call('GET', `/api/v1/dead-letters/groups${path}`)
const post = (path: string, body?: unknown) =>
  api.call('POST', `/api/v1/dead-letters/groups${path}`, body === undefined ? {} : { body })

let faults = 0

/** A message like no other, because what differs in numbers only is the same fault. */
function newMessage(): string {
  faults += 1
  return `the ${String(faults).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)]!)} broke`
}

interface Death {
  readonly id: string
  readonly taskId: string
  readonly fingerprint: string
}

async function die(message: string, type = 'math.add'): Promise<Death> {
  const body = { type, input: type === 'math.add' ? { a: 2, b: 3 } : {} }
  const taskId = (await api.call('POST', '/api/v1/tasks', { body })).json.id
  const error = { type: 'Error', message }
  const id = await worker.fail(taskId, { error })
  await worker.carry(taskId)
  return { id, taskId, fingerprint: describeFault(error).fingerprint }
}

/** A dead letter as another tenant has it: tenants have no keys of their own here. */
async function dieElsewhere(fingerprint: string): Promise<string> {
  const tenantId = newId()
  const name = `tenant-${tenantId}`
  await api.db.insertInto('tenants').values({ id: tenantId, name }).execute()
  await api.db
    .insertInto('dead_letter_groups')
    .values({ tenant_id: tenantId, fingerprint, title: 'Error: elsewhere' })
    .execute()
  await api.db
    .insertInto('dead_letters')
    .values({
      id: newId(),
      tenant_id: tenantId,
      task_id: newId(),
      number: 1,
      state: 'open',
      reason: 'attempts_exhausted',
      decision: 'x',
      type: 'math.add',
      lane: 'normal',
      error: JSON.stringify({ type: 'Error', message: 'elsewhere' }),
      fingerprint,
    })
    .execute()
  await waitFor(
    async () => (await get(`?limit=1&tenant=${name}`)).status === 200,
    'the api to know the tenant',
  )
  return name
}

/** Only the dispatcher makes a group regressed. */
async function bring(fingerprint: string, state: GroupState): Promise<void> {
  await api.db
    .updateTable('dead_letter_groups')
    .set({ state, state_changed_at: state === 'open' ? null : new Date() })
    .where('fingerprint', '=', fingerprint)
    .execute()
}

describe('a group', () => {
  test('counts the dead letters of one fault, whatever values they name', async () => {
    const message = newMessage()
    const first = await die(`${message} for order 17`)
    await die(`${message} for order 18`, 'demo.work')
    const last = await die(`${message} for order 19`)
    await api.call('POST', `/api/v1/dead-letters/${first.id}/redrive`)
    await api.call('POST', `/api/v1/dead-letters/${last.id}/discard`)
    const { status, json } = await get(`/${first.fingerprint}`)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      fingerprint: first.fingerprint,
      title: `Error: ${message} for order <number>`,
      state: 'open',
      counts: { all: 3, carried: 0, open: 1, redriven: 1, discarded: 1 },
      types: [
        { name: 'math.add', count: 2 },
        { name: 'demo.work', count: 1 },
      ],
      workerVersions: [{ name: '1.2.3', count: 3 }],
      tenants: [{ name: 'default', state: 'open', count: 3 }],
      tenantCount: 1,
      example: {
        id: last.id,
        taskId: last.taskId,
        tenant: 'default',
        type: 'math.add',
        reason: 'attempts_exhausted',
      },
      ignored: null,
      stateChangedAt: null,
      noteCount: 0,
      notes: [],
      history: [],
    })
    expect(json.hourly).toEqual([...Array.from({ length: 23 }, () => 0), 3])
    expect(Date.parse(json.firstSeenAt)).toBeLessThanOrEqual(Date.parse(json.lastSeenAt))
  })

  test('counts by hours that have passed since', async () => {
    const { id, fingerprint } = await die(newMessage())
    const before = new Date(Date.now() - 2.5 * 3_600_000)
    await api.db.updateTable('dead_letters').set({ died_at: before }).where('id', '=', id).execute()
    const { json } = await get(`/${fingerprint}`)
    expect(json.hourly.findLastIndex((count: number) => count > 0)).toBe(21)
    expect(json.firstSeenAt).toBe(before.toISOString())
  })

  test('keeps its state, notes and history when its dead letters are gone, and is not listed', async () => {
    const { fingerprint, id } = await die(newMessage())
    await post(`/${fingerprint}/resolve`)
    await api.db.deleteFrom('dead_letters').where('id', '=', id).execute()
    expect((await get(`/${fingerprint}`)).json).toMatchObject({
      state: 'resolved',
      counts: { all: 0 },
      lastSeenAt: null,
      example: null,
      history: [{ action: 'group.resolved' }],
    })
    const { json } = await get('?limit=1000')
    expect(json.items.map((group: Death) => group.fingerprint)).not.toContain(fingerprint)
  })

  test.each(['/ffffffffffff', '/nonsense'])('that nobody met is not found: %s', async (path) => {
    const answers = [
      await get(path),
      await post(`${path}/resolve`),
      await post(`${path}/ignore`),
      await post(`${path}/reopen`),
      await post(`${path}/notes`, { text: 'x' }),
    ]
    for (const { status, json } of answers) expect([status, json.code]).toEqual([404, 'GROUP_NOT_FOUND'])
  })
})

describe('a fault that several tenants met', () => {
  test('is one group to whoever sees them all, in the state that needs an operator most', async () => {
    const { fingerprint } = await die(newMessage())
    await post(`/${fingerprint}/resolve`)
    const tenant = await dieElsewhere(fingerprint)
    const { json } = await get(`/${fingerprint}`)
    expect(json).toMatchObject({ state: 'open', counts: { all: 2 }, tenantCount: 2 })
    expect(json.tenants).toHaveLength(2)
    expect(json.tenants).toContainEqual({ name: 'default', state: 'resolved', count: 1 })
    expect(json.tenants).toContainEqual({ name: tenant, state: 'open', count: 1 })
    const own = (await get(`?limit=1000&tenant=${tenant}`)).json.items
    expect(own).toMatchObject([
      { fingerprint, state: 'open', counts: { all: 1 }, tenants: [{ name: tenant }] },
    ])
  })

  test('is resolved and noted for all of them, in one entry each of its history', async () => {
    const { fingerprint } = await die(newMessage())
    const tenant = await dieElsewhere(fingerprint)
    await post(`/${fingerprint}/notes`, { text: 'seen' })
    const { json } = await post(`/${fingerprint}/resolve`)
    expect(json).toMatchObject({ state: 'resolved', noteCount: 1, notes: [{ text: 'seen' }] })
    const tenants = ['default', tenant].toSorted()
    expect(json.history).toMatchObject([
      { action: 'group.resolved', tenants },
      { action: 'group.noted', tenants },
    ])
    expect((await post(`/${fingerprint}/resolve`)).status).toBe(409)
  })
})

describe('the list of groups', () => {
  const listed = async (query: string) => {
    const { status, json } = await get(`?limit=1000&${query}`)
    expect([status, query]).toEqual([200, query])
    return json.items as {
      fingerprint: string
      counts: { all: number }
      lastSeenAt: string
      firstSeenAt: string
    }[]
  }

  test('counts only what matches, and is ordered and paged as asked', async () => {
    const [often, twice, last] = [newMessage(), newMessage(), newMessage()]
    const types = ['math.add', 'demo.work', 'demo.work']
    for (const type of types) await die(often, type)
    for (const type of types.slice(1)) await die(twice, type)
    const { fingerprint } = await die(last)
    const all = await listed('')
    expect(all[0]!.fingerprint).toBe(fingerprint)
    expect(all.map((group) => group.lastSeenAt)).toEqual(
      all
        .map((group) => group.lastSeenAt)
        .toSorted()
        .toReversed(),
    )
    const byCount = await listed('sort=count')
    expect(byCount.map((group) => group.counts.all)).toEqual(
      all.map((group) => group.counts.all).toSorted((a, b) => b - a),
    )
    const byFirst = await listed('sort=firstSeen')
    expect(byFirst.map((group) => group.firstSeenAt)).toEqual(
      byFirst
        .map((group) => group.firstSeenAt)
        .toSorted()
        .toReversed(),
    )

    const works = await listed('type=demo.work')
    const oftenPrint = describeFault({ type: 'Error', message: often }).fingerprint
    expect(works.find((group) => group.fingerprint === oftenPrint)).toMatchObject({
      counts: { all: 2 },
      types: [{ name: 'demo.work', count: 2 }],
      example: { type: 'demo.work' },
    })
    expect(works.map((group) => group.fingerprint)).not.toContain(fingerprint)

    const paged: string[] = []
    let cursor: string | null = null
    do {
      const page = await get(`?sort=count&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`)
      paged.push(...page.json.items.map((group: Death) => group.fingerprint))
      cursor = page.json.nextCursor
    } while (cursor !== null)
    expect(paged).toEqual(byCount.map((group) => group.fingerprint))
  })

  test('is filtered by state and by time', async () => {
    const { fingerprint } = await die(newMessage())
    await post(`/${fingerprint}/ignore`)
    const prints = async (query: string) => (await listed(query)).map((group) => group.fingerprint)
    const past = new Date(Date.now() - 3_600_000).toISOString()
    for (const query of [
      'state=ignored',
      'state=open,ignored',
      `diedAfter=${past}`,
      'reason=attempts_exhausted',
      'lane=normal',
      `fingerprint=${fingerprint}`,
      'deadLetterState=open',
      'text=broke',
      'input.a=2',
    ])
      expect(await prints(query)).toContain(fingerprint)
    for (const query of [
      'state=open',
      'state=resolved,regressed',
      `diedBefore=${past}`,
      'reason=crashed',
      'lane=low',
      'deadLetterState=discarded',
      'input.a=3',
    ])
      expect(await prints(query)).not.toContain(fingerprint)
  })

  test.each(['state=dead', 'sort=worst', 'limit=0', 'foo=1', 'diedAfter=yesterday'])(
    'refuses %s',
    async (query) => {
      expect(await get(`?${query}`)).toMatchObject({ status: 422, json: { code: 'INVALID_QUERY' } })
    },
  )

  test('refuses a cursor of another order', async () => {
    await die(newMessage())
    await die(newMessage())
    const { nextCursor } = (await get('?limit=1&sort=count')).json
    for (const cursor of [nextCursor, 'nonsense', Buffer.from('[1]').toString('base64url')])
      expect(await get(`?limit=1&cursor=${cursor}`)).toMatchObject({ json: { code: 'INVALID_CURSOR' } })
  })
})

describe('an act', () => {
  const ACTS = Object.keys(GROUP_TRANSITIONS) as GroupAct[]
  const STATES: GroupState[] = ['open', 'regressed', 'ignored', 'resolved']

  test.each(ACTS.flatMap((act) => STATES.map((state) => [act, state] as const)))(
    '%s, of a group that is %s, does what the table says',
    async (act, state) => {
      const { fingerprint } = await die(newMessage())
      await bring(fingerprint, state)
      const { from, to } = GROUP_TRANSITIONS[act]
      const { status, json } = await post(`/${fingerprint}/${act}`, { reason: 'because' })
      const after = (await get(`/${fingerprint}`)).json
      if (from.includes(state)) {
        expect([status, json.state, after.state]).toEqual([200, to, to])
        expect(after).toMatchObject({ stateChangedBy: 'administrator', stateReason: 'because' })
        expect(after.history).toMatchObject([
          { actor: 'administrator', reason: 'because', tenants: ['default'] },
        ])
      } else {
        expect([status, json.code, json.groupState]).toEqual([409, 'GROUP_STATE_CONFLICT', state])
        expect(after).toMatchObject({ state, history: [] })
      }
    },
  )

  test('of two operators at once, one wins and the other is told', async () => {
    const { fingerprint } = await die(newMessage())
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(`/${fingerprint}/resolve`)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409, 409])
    expect((await get(`/${fingerprint}`)).json.history).toHaveLength(1)
  })

  test('in another state than expected is refused', async () => {
    const { fingerprint } = await die(newMessage())
    await post(`/${fingerprint}/ignore`)
    expect((await post(`/${fingerprint}/resolve`, { expectedState: 'open' })).status).toBe(409)
    expect((await post(`/${fingerprint}/resolve`, { expectedState: 'ignored' })).status).toBe(200)
  })

  test('shows until when a group is ignored, and no longer when it is open again', async () => {
    const { fingerprint } = await die(newMessage())
    const untilAt = new Date(Date.now() + 3_600_000).toISOString()
    const ignored = { untilAt, untilCount: 10, overRatePerHour: 5 }
    expect((await post(`/${fingerprint}/ignore`, ignored)).json.ignored).toEqual(ignored)
    const { json } = await post(`/${fingerprint}/reopen`)
    expect(json.ignored).toBeNull()
    expect(json.history).toMatchObject([
      { action: 'group.reopened' },
      { action: 'group.ignored', details: ignored },
    ])
  })

  test.each([
    ['ignore', { untilAt: '2020-01-01T00:00:00Z' }, '/untilAt'],
    ['ignore', { untilAt: 'tomorrow' }, '/untilAt'],
    ['ignore', { untilCount: 0 }, '/untilCount'],
    ['ignore', { overRatePerHour: 1.5 }, '/overRatePerHour'],
    ['ignore', { until: 5 }, '/until'],
    ['resolve', { untilCount: 5 }, '/untilCount'],
    ['resolve', { expectedState: 'closed' }, '/expectedState'],
    ['reopen', { reason: 'x'.repeat(1_001) }, '/reason'],
    ['notes', {}, '/text'],
    ['notes', { text: ' ' }, '/text'],
    ['notes', { text: 'x'.repeat(4_001) }, '/text'],
  ])('%s with %j is refused', async (act, body, path) => {
    const { fingerprint } = await die(newMessage())
    const { status, json } = await post(`/${fingerprint}/${act}`, body)
    expect([status, json.code, json.errors[0].path]).toEqual([422, 'INVALID_BODY', path])
    expect((await get(`/${fingerprint}`)).json).toMatchObject({ state: 'open', history: [] })
  })

  test('a note stays with the group and is audited', async () => {
    const { fingerprint } = await die(newMessage())
    await post(`/${fingerprint}/notes`, { text: 'the partner rotates its certificate' })
    const { json } = await post(`/${fingerprint}/notes`, { text: 'on Mondays' })
    expect(json).toMatchObject({
      noteCount: 2,
      notes: [
        { author: 'administrator', text: 'the partner rotates its certificate' },
        { text: 'on Mondays' },
      ],
      history: [{ action: 'group.noted' }, { action: 'group.noted' }],
    })
    const audited = await api.db
      .selectFrom('audit_entries')
      .selectAll()
      .where('action', '=', 'group.noted')
      .where('tenant_id', '=', DEFAULT_TENANT_ID)
      .execute()
    expect(audited.filter((entry) => entry.details['fingerprint'] === fingerprint)).toHaveLength(2)
  })
})
