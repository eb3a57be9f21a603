import { beforeAll, expect, test } from '@jest/globals'
import { purgeDeadLetters } from '@redrive/shared/database'
import { type ApiUnderTest, startApi } from './api-under-test.ts'
import { workByHand, type WorkerByHand } from './worker-by-hand.ts'

const DAY_MS = 86_400_000
const BODY = { type: 'math.add', input: { a: 2, b: 3 } }

let api: ApiUnderTest
let worker: WorkerByHand

beforeAll(async () => {
  api = await startApi({ DEAD_LETTER_RETENTION_DAYS: '30' })
  worker = await workByHand(api.db)
}, 30_000)

const get = (path: string) => api.call('GET', `/api/v1${path}`)
const post = (path: string, body?: unknown, key?: string) =>
  api.call('POST', `/api/v1${path}`, {
    ...(body !== undefined && { body }),
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  })

async function die(key: string): Promise<{ readonly taskId: string; readonly id: string }> {
  const taskId = (await post('/tasks', BODY, key)).json.id
  const id = await worker.fail(taskId)
  await worker.carry(taskId)
  return { taskId, id }
}

test('a dead letter shows until when it is kept, alone and in lists, whatever is done with it', async () => {
  const { id } = await die('shown')
  const { diedAt, retainedUntil } = (await get(`/dead-letters/${id}`)).json
  expect(Date.parse(retainedUntil) - Date.parse(diedAt)).toBe(30 * DAY_MS)
  const discarded = (await post(`/dead-letters/${id}/discard`)).json
  expect(discarded.retainedUntil).toBe(retainedUntil)
  expect((await post(`/dead-letters/${id}/restore`)).json.retainedUntil).toBe(retainedUntil)
  expect((await get('/dead-letters')).json.items[0].retainedUntil).toBe(retainedUntil)
})

test('what was deleted is not found, and the audit still tells of it', async () => {
  const { taskId, id } = await die('deleted')
  await post(`/dead-letters/${id}/discard`, { reason: 'no longer needed' })
  const bulk = await post('/tasks/bulk', [BODY, BODY], 'bulk')
  await worker.fail(bulk.json.ids[0])
  await worker.carry(bulk.json.ids[0])
  const now = new Date(Date.now() + 31 * DAY_MS)
  await purgeDeadLetters(api.db, { olderThanDays: 30, limit: 100, now })
  const gone = await Promise.all([
    get(`/dead-letters/${id}`),
    get(`/tasks/${taskId}`),
    post(`/dead-letters/${id}/restore`),
    post(`/dead-letters/${id}/redrive`),
    post(`/dead-letters/${id}/discard`),
  ])
  expect(gone.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404])
  expect((await post('/tasks/bulk', [BODY, BODY], 'bulk')).json).toEqual(bulk.json)
  const { items } = (await get(`/audit?deadLetterId=${id}`)).json
  expect(items).toMatchObject([{ action: 'dead_letter.discarded', reason: 'no longer needed', taskId }])
  const repeated = await post('/tasks', BODY, 'deleted')
  expect(repeated).toMatchObject({ status: 404, json: { code: 'TASK_NOT_FOUND' } })
})
