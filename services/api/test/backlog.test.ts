import { expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import { type ApiUnderTest, type Called, startApi } from './api-under-test.ts'
import { workByHand } from './worker-by-hand.ts'

const TASKS = '/api/v1/tasks'
const addition = { type: 'math.add', input: { a: 2, b: 3 } }
const KEYED = { 'idempotency-key': 'accepted-before-it-was-full' }

const submit = (api: ApiUnderTest, headers: Record<string, string> = {}): Promise<Called> =>
  api.call('POST', TASKS, { body: addition, headers })
const submitBulk = (api: ApiUnderTest, count: number): Promise<Called> =>
  api.call('POST', `${TASKS}/bulk`, { body: Array.from({ length: count }, () => addition) })
const countOpen = async ({ db }: ApiUnderTest): Promise<number> =>
  (await db.selectFrom('open_tasks').select('task_id').execute()).length
const eventsOf = ({ service }: ApiUnderTest, event: string) =>
  service.logs.filter((line) => line['event'] === event)

test('a tenant at its limit gets 429 before anything is written, and is served again when tasks have ended', async () => {
  const api = await startApi({ MAX_TENANT_BACKLOG: '20', MAX_BACKLOG: '1000' })
  const first = await submit(api, KEYED)
  const { json } = await submitBulk(api, 17)

  const tooMany = await submitBulk(api, 5)
  expect([tooMany.status, tooMany.json.code]).toEqual([429, 'TENANT_BACKLOG_FULL'])
  expect(await countOpen(api)).toBe(18)
  // A bulk that is too large for what is left says nothing about single tasks.
  expect((await submitBulk(api, 2)).status).toBe(202)
  for (let count = 0; count < 10; count += 1) {
    const { status, json: problem, headers } = await submit(api)
    expect([status, problem.code]).toEqual([429, 'TENANT_BACKLOG_FULL'])
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  }
  const replayed = await submit(api, KEYED)
  expect([replayed.status, replayed.json.id]).toEqual([202, first.json.id])
  expect(replayed.headers.get('idempotency-replayed')).toBe('true')
  expect((await submit(api, { 'idempotency-key': 'new' })).status).toBe(429)
  expect(await countOpen(api)).toBe(20)
  expect(eventsOf(api, 'backlog.full')).toEqual([expect.objectContaining({ scope: 'tenant', limit: 20 })])

  const worker = await workByHand(api.db)
  for (const id of json.ids.slice(0, 5)) await worker.succeed(id, 5)
  await api.service.waitForLog((line) => line['event'] === 'backlog.below_limit', { deadlineMs: 120_000 })
  expect((await submitBulk(api, 5)).status).toBe(202)
  expect((await submit(api)).status).toBe(429)
}, 240_000)

test('at the limit of all there is 503, and repeating a key takes no place', async () => {
  const api = await startApi({ MAX_BACKLOG: '10' })
  for (let count = 0; count < 30; count += 1) expect((await submit(api, KEYED)).status).toBe(202)
  expect((await submitBulk(api, 9)).status).toBe(202)
  const { status, json, headers } = await submit(api)
  expect([status, json.code]).toEqual([503, 'BACKLOG_FULL'])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await countOpen(api)).toBe(10)
  const metrics = await (await fetch(`${api.operationsUrl}/metrics`)).text()
  expect(metrics).toMatch(/redrive_requests_shed_total\{kind="submission",reason="backlog",[^}]*\} 1/)
  expect(metrics).toMatch(/redrive_backlog_tasks\{figure="limit",[^}]*\} 10/)
}, 240_000)

test('many at once do not get past the limit of one api', async () => {
  const api = await startApi({ MAX_TENANT_BACKLOG: '50' })
  const answers = await Promise.all(Array.from({ length: 300 }, () => submit(api)))
  const count = (status: number) => answers.filter((answer) => answer.status === status).length
  expect([count(202), count(429)]).toEqual([50, 250])
  expect(await countOpen(api)).toBe(50)
}, 240_000)

test('a full backlog does not keep an operator from redriving, and counts what that opens', async () => {
  const api = await startApi({ MAX_BACKLOG: '10' })
  const worker = await workByHand(api.db)
  const { json } = await submit(api)
  await worker.fail(json.id)
  await worker.carry(json.id)
  const [letter] = await api.db.selectFrom('dead_letters').select('id').execute()
  // The failed task's place is free after the next look.
  await waitFor(
    async () => (await submit(api)).status === 503 && (await countOpen(api)) === 10,
    'the backlog to be full',
    { deadlineMs: 120_000 },
  )
  const redriven = await api.call('POST', `/api/v1/dead-letters/${letter?.id}/redrive`, { body: {} })
  expect(redriven.status).toBeLessThan(300)
  expect(await countOpen(api)).toBe(11)
}, 240_000)
