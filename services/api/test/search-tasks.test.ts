import { beforeAll, describe, expect, test } from '@jest/globals'
import { type NewTask, submitTasks } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { type ApiUnderTest, startApi } from './api-under-test.ts'
import { workByHand } from './worker-by-hand.ts'

let api: ApiUnderTest
const acme = newId()
const ids: Record<string, string> = {}

const TASK: Omit<NewTask, 'id'> = {
  tenantId: DEFAULT_TENANT_ID,
  type: 'math.add',
  lane: 'normal',
  input: '{}',
  tags: [],
  runAt: null,
  delayMs: 0,
  attemptBudget: 5,
  timeoutMs: null,
  takenForMs: 60_000,
  retry: null,
  expiresAt: null,
  callbackUrl: null,
  user: null,
}

const TASKS: Readonly<Record<string, Partial<NewTask>>> = {
  waiting: { input: '{"country":"CH","n":1}', user: 'ada' },
  scheduled: { delayMs: 3_600_000, tags: ['later'] },
  running: { type: 'demo.work' },
  succeeded: { input: '{"country":"DE","n":2}' },
  failed: { lane: 'high', tags: ['later', 'invoices'], user: 'bob' },
  cancelled: { lane: 'low' },
  acme: { tenantId: acme, user: 'ada', input: '{"country":"CH","n":3}' },
}

beforeAll(async () => {
  api = await startApi()
  await api.db.insertInto('tenants').values({ id: acme, name: 'acme' }).execute()
  const worker = await workByHand(api.db)
  for (const [name, task] of Object.entries(TASKS)) {
    const id = newId()
    ids[name] = id
    await submitTasks(api.db, [{ ...TASK, ...task, id }])
  }
  await worker.claim(ids['running']!)
  await worker.succeed(ids['succeeded']!, 3)
  const cause = { type: 'Timeout', message: 'socket hung up' }
  const error = { type: 'com.acme.CardError', message: 'the card was refused', code: 'E_CARD', cause }
  await worker.fail(ids['failed']!, { error })
  await api.call('POST', `/api/v1/tasks/${ids['cancelled']}/cancel`)
}, 60_000)

const list = (query: Record<string, string>) =>
  api.call('GET', `/api/v1/tasks?${new URLSearchParams(query).toString()}`)

async function find(query: Record<string, string>): Promise<string[]> {
  const { status, json } = await list(query)
  expect([status, json.detail]).toEqual([200, undefined])
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]))
  return json.items.map(({ id }: { id: string }) => names.get(id))
}

const ALL = ['acme', 'cancelled', 'failed', 'succeeded', 'running', 'scheduled', 'waiting']
const but = (...names: string[]) => ALL.filter((name) => !names.includes(name))

describe('tasks are found by', () => {
  test.each<[string, string, string[]]>([
    ['state', 'waiting', ['acme', 'waiting']],
    ['state', 'scheduled', ['scheduled']],
    ['state', 'running', ['running']],
    ['state', 'succeeded', ['succeeded']],
    ['state', 'failed', ['failed']],
    ['state', 'failed,cancelled', ['cancelled', 'failed']],
    ['state', 'failed,running', ['failed', 'running']],
    ['state', 'running,scheduled', ['running', 'scheduled']],
    ['state', '!waiting,failed', but('acme', 'waiting', 'failed')],
    ['state', '!succeeded', but('succeeded')],
    ['type', 'demo.work', ['running']],
    ['type', '!demo.work', but('running')],
    ['lane', 'high,low', ['cancelled', 'failed']],
    ['lane', '!normal', ['cancelled', 'failed']],
    ['tenant', 'acme', ['acme']],
    ['tenant', '!acme', but('acme')],
    ['user', 'ada', ['acme', 'waiting']],
    ['user', 'ada,bob', ['acme', 'failed', 'waiting']],
    ['user', '!ada', but('acme', 'waiting')],
    ['tag', 'later', ['failed', 'scheduled']],
    ['tag', 'invoices,later', ['failed', 'scheduled']],
    ['tag', '!later', but('failed', 'scheduled')],
    ['attempts', '>=1', ['failed', 'succeeded']],
    ['attempts', '0', but('failed', 'succeeded')],
    ['createdAt', '>=-1h', ALL],
    ['createdAt', '<-1h', []],
    ['createdAfter', '-1h', ALL],
    ['createdBefore', '-1h', []],
  ])('%s=%s', async (field, value, names) => {
    expect((await find({ [field]: value })).toSorted()).toEqual(names.toSorted())
  })

  test.each<[string, string, string[]]>([
    ['text', 'refused', ['failed']],
    ['text', 'CardError socket', ['failed']],
    ['text', '"card refused"', []],
    ['input.country', 'CH', ['acme', 'waiting']],
    ['input.country', '!CH', ['succeeded']],
    ['input.n', '>=2', ['acme', 'succeeded']],
    ['input.nowhere', '1', []],
  ])('%s=%s, within a time', async (field, value, names) => {
    expect(await find({ [field]: value, createdAt: '>=-1h' })).toEqual(names)
    const { status, json } = await list({ [field]: value })
    expect([status, json.code, json.errors[0].path]).toEqual([422, 'INVALID_QUERY', field])
    expect(json.detail).toContain('needs a time to look through: add createdAt or createdAfter')
  })

  test('several fields, all of which hold', async () => {
    expect(
      await find({ state: 'failed', tag: 'later', user: 'bob', text: 'card', createdAfter: '-1h' }),
    ).toEqual(['failed'])
    expect(
      await find({ state: 'waiting', 'input.country': 'CH', createdAt: '>=-1h', tenant: 'acme' }),
    ).toEqual(['acme'])
    expect(await find({ state: 'failed', type: 'demo.work' })).toEqual([])
  })

  test('pages that follow one another under a filter', async () => {
    const filters: Record<string, string>[] = [
      { state: '!running' },
      { tenant: 'default', state: '!running' },
      { type: 'math.add' },
      { user: 'ada,bob' },
      { state: 'failed,cancelled' },
      { state: 'waiting,scheduled' },
    ]
    for (const filter of filters) {
      const found: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const { json } = await list({ ...filter, limit: '1', ...(cursor === '' ? {} : { cursor }) })
        found.push(...json.items.map(({ id }: { id: string }) => id))
        cursor = json.nextCursor
      }
      const { json } = await list(filter)
      expect(found).toEqual(json.items.map(({ id }: { id: string }) => id))
      expect(found.length).toBeGreaterThan(1)
    }
  })
})

describe('the operator', () => {
  test('sees a task of any tenant with its name, its status and its result', async () => {
    const id = ids['acme']!
    expect(await api.call('GET', `/api/v1/tasks/${id}`)).toMatchObject({
      status: 200,
      json: { id, tenant: 'acme' },
    })
    expect((await api.call('GET', `/api/v1/tasks/${id}/status`)).status).toBe(200)
    expect((await api.call('GET', `/api/v1/tasks/${id}/result`)).status).toBe(202)
    expect((await api.call('GET', '/api/v1/results?tenant=acme')).json.items).toEqual([])
    expect((await api.call('GET', '/api/v1/results?tenant=default')).json.items).toMatchObject([
      { id: ids['succeeded'], tenant: 'default' },
    ])
    const lane = (await api.call('GET', '/api/v1/queues/normal/tasks')).json.items
    expect(lane.map((task: { tenant: string }) => task.tenant)).toContain('acme')
  })

  test('cancels it, and that is audited under its tenant', async () => {
    const id = newId()
    await submitTasks(api.db, [{ ...TASK, tenantId: acme, id }])
    const cancelled = await api.call('POST', `/api/v1/tasks/${id}/cancel`, { body: { reason: 'by mistake' } })
    expect(cancelled).toMatchObject({ status: 200, json: { id, tenant: 'acme', state: 'cancelled' } })
    const entries = await api.db.selectFrom('audit_entries').selectAll().where('task_id', '=', id).execute()
    expect(entries).toMatchObject([{ tenant_id: acme, actor: 'administrator', reason: 'by mistake' }])
    const { json } = await api.call('GET', `/api/v1/tasks/${id}`)
    expect(json.history).toMatchObject([{ action: 'task.cancelled' }])
  })
})
