import { beforeAll, describe, expect, test } from '@jest/globals'
import { sql } from 'kysely'
import { type ApiUnderTest, startApi } from './api-under-test.ts'
import { workByHand, type WorkerByHand } from './worker-by-hand.ts'

let api: ApiUnderTest
let worker: WorkerByHand

beforeAll(async () => {
  api = await startApi()
  worker = await workByHand(api.db)
}, 30_000)

const get = (path: string) => api.call('GET', `/api/v1${path}`)
const post = (path: string, body?: unknown) =>
  api.call('POST', `/api/v1${path}`, body === undefined ? {} : { body })

async function die(): Promise<string> {
  const taskId = (await post('/tasks', { type: 'math.add', input: { a: 2, b: 3 } })).json.id
  const id = await worker.fail(taskId)
  await worker.carry(taskId)
  return id
}

/** Foreign dead letters cost the least to make. */
async function insertMany(count: number, fingerprint: string): Promise<void> {
  await sql`
    insert into dead_letters (id, tenant_id, state, reason, decision, error, fingerprint, raw, foreign_digest)
    select new_task_id(), '00000000-0000-7000-8000-000000000001', 'open', 'not_json', 'kept',
      '{"type": "ForeignMessage", "message": "x"}', ${fingerprint}, 'x', ${fingerprint} || n
    from generate_series(1, ${count}::int) n`.execute(api.db)
}

const countAudit = async (action: string, reason: string): Promise<number> =>
  Number(
    (
      await api.db
        .selectFrom('audit_entries')
        .select(sql<string>`count(*)`.as('count'))
        .where('action', '=', action)
        .where('reason', '=', reason)
        .executeTakeFirst()
    )?.count,
  )

describe('one discarded dead letter', () => {
  test('is opened again with a reason, and its story tells both', async () => {
    const id = await die()
    await post(`/dead-letters/${id}/discard`, { reason: 'too old' })
    const { status, json } = await post(`/dead-letters/${id}/restore`, { reason: 'not too old' })
    expect(status).toBe(200)
    expect(json).toMatchObject({ state: 'open', closedAt: null, closedBy: null, closingReason: null })
    const { timeline } = (await get(`/dead-letters/${id}`)).json
    expect(timeline.slice(-2).map(({ text }: { text: string }) => text)).toEqual([
      'administrator discarded the dead letter ("too old").',
      'administrator opened the discarded dead letter again ("not too old").',
    ])
    expect((await post(`/dead-letters/${id}/redrive`)).status).toBe(202)
  })

  test('is the only one that can be restored: any other answers with its state', async () => {
    const id = await die()
    expect(await post(`/dead-letters/${id}/restore`)).toMatchObject({
      status: 409,
      json: { code: 'DEAD_LETTER_NOT_DISCARDED', deadLetterState: 'open' },
    })
    await post(`/dead-letters/${id}/redrive`)
    expect((await post(`/dead-letters/${id}/restore`)).json.deadLetterState).toBe('redriven')
    expect((await post('/dead-letters/019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11/restore')).status).toBe(404)
    expect((await post(`/dead-letters/${id}/restore`, { why: 'x' })).json.code).toBe('INVALID_BODY')
  })

  test('is restored by one of two operators', async () => {
    const id = await die()
    await post(`/dead-letters/${id}/discard`)
    const answers = await Promise.all([1, 2].map(() => post(`/dead-letters/${id}/restore`)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(1)
  })
})

describe('many dead letters', () => {
  test('are discarded and restored by a filter, each with its entry in the audit', async () => {
    await insertMany(25, 'many')
    const body = { filter: { fingerprint: 'many' }, reason: 'a test of many' }
    expect((await post('/dead-letters/discard', body)).json).toEqual({
      matched: 25,
      remaining: 0,
      discarded: 25,
    })
    expect((await post('/dead-letters/discard', body)).json).toEqual({
      matched: 0,
      remaining: 0,
      discarded: 0,
    })
    expect(await countAudit('dead_letter.discarded', 'a test of many')).toBe(25)
    const { items } = (await get('/dead-letters?fingerprint=many&state=discarded')).json
    expect(items[0]).toMatchObject({ closedBy: 'administrator', closingReason: 'a test of many' })
    expect((await post('/dead-letters/restore', body)).json).toEqual({
      matched: 25,
      remaining: 0,
      restored: 25,
    })
    expect((await get('/dead-letters?fingerprint=many&state=open')).json.items).toHaveLength(25)
  })

  test('are done in bounded calls that say what is left', async () => {
    await insertMany(10_500, 'flood')
    const body = { filter: { fingerprint: 'flood' }, reason: 'a flood' }
    expect((await post('/dead-letters/discard', body)).json).toEqual({
      matched: 10_500,
      remaining: 500,
      discarded: 10_000,
    })
    expect((await post('/dead-letters/discard', body)).json).toEqual({
      matched: 500,
      remaining: 0,
      discarded: 500,
    })
  })

  test('are closed once each, whoever of two operators comes first', async () => {
    await insertMany(3_000, 'contested')
    const body = { filter: { fingerprint: 'contested' }, reason: 'contested' }
    const answers = await Promise.all([1, 2, 3].map(() => post('/dead-letters/discard', body)))
    const total = answers.reduce((sum, { json }) => sum + json.discarded, 0)
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(total).toBe(3_000)
    expect(await countAudit('dead_letter.discarded', 'contested')).toBe(3_000)
  })

  test('of which none matches are an answer with 0', async () => {
    const body = { filter: { type: 'nobody.knows' }, reason: 'x' }
    expect((await post('/dead-letters/restore', body)).json).toEqual({
      matched: 0,
      remaining: 0,
      restored: 0,
    })
    const redriven = { filter: { state: 'redriven', fingerprint: 'many' }, reason: 'x' }
    expect((await post('/dead-letters/discard', redriven)).json.matched).toBe(0)
  })

  test.each<[string, unknown, string]>([
    ['no filter', { reason: 'x' }, '/filter'],
    ['an empty filter', { filter: {}, reason: 'x' }, '/filter'],
    ['an unknown field', { filter: { typ: 'a' }, reason: 'x' }, '/filter/typ'],
    ['a filter that is a text', { filter: 'type=a', reason: 'x' }, '/filter'],
    ['no reason', { filter: { type: 'a' } }, '/reason'],
    ['an empty reason', { filter: { type: 'a' }, reason: ' ' }, '/reason'],
    ['something else', { filter: { type: 'a' }, reason: 'x', force: true }, '/force'],
  ])('with %s are refused, with the place', async (_case, body, path) => {
    for (const act of ['discard', 'restore']) {
      const { status, json } = await post(`/dead-letters/${act}`, body)
      expect({ status, code: json.code, path: json.errors[0].path }).toEqual({
        status: 422,
        code: 'INVALID_BODY',
        path,
      })
    }
  })
})

describe('the audit', () => {
  test('lists what was done, newest first, page by page, by every filter', async () => {
    const id = await die()
    await post(`/dead-letters/${id}/discard`, { reason: 'one' })
    await post(`/dead-letters/${id}/restore`, { reason: 'two' })
    const { taskId } = (await post(`/dead-letters/${id}/redrive`, { reason: 'three', input: { a: 1, b: 1 } }))
      .json
    await post(`/tasks/${taskId}/cancel`, { reason: 'four' })
    const { items } = (await get(`/audit?taskId=${taskId}`)).json
    expect(items.map(({ action, reason }: Record<string, string>) => `${action} ${reason}`)).toEqual([
      'task.cancelled four',
      'dead_letter.redriven three',
      'dead_letter.restored two',
      'dead_letter.discarded one',
    ])
    expect(items[1]).toMatchObject({
      tenant: 'default',
      actor: 'administrator',
      taskId,
      deadLetterId: id,
      details: { edited: true },
    })
    const first = (await get(`/audit?taskId=${taskId}&limit=3`)).json
    const second = (await get(`/audit?taskId=${taskId}&limit=3&cursor=${first.nextCursor}`)).json
    expect([...first.items, ...second.items]).toEqual(items)
    const find = async (query: string) => (await get(`/audit?${query}`)).json.items.length
    expect(await find(`deadLetterId=${id}`)).toBe(3)
    expect(await find(`deadLetterId=${id}&action=dead_letter.restored`)).toBe(1)
    expect(await find(`taskId=${taskId}&actor=administrator`)).toBe(4)
    expect(await find(`taskId=${taskId}&actor=nobody`)).toBe(0)
    expect(await find(`taskId=${taskId}&after=${items[1].at}`)).toBe(2)
    expect(await find(`taskId=${taskId}&before=${items[1].at}`)).toBe(2)
    expect((await get(`/tasks/${taskId}`)).json.history).toHaveLength(4)
    expect(await find(`redriveId=${id}`)).toBe(0)
    expect(await find('fingerprint=abc')).toBe(0)
  })

  test.each(['taskId=x', 'redriveId=y', 'after=yesterday', 'who=me', 'limit=0', 'cursor=abc'])(
    'refuses the filter %s',
    async (query) => {
      const { status } = await get(`/audit?${query}`)
      expect([400, 422]).toContain(status)
    },
  )

  test('can be neither changed nor deleted in the ledger', async () => {
    await insertMany(1, 'kept')
    await post('/dead-letters/discard', { filter: { fingerprint: 'kept' }, reason: 'kept' })
    const attempts = [
      sql`update audit_entries set actor = 'nobody'`,
      sql`delete from audit_entries`,
      sql`truncate audit_entries`,
    ]
    for (const attempt of attempts) {
      await expect(attempt.execute(api.db)).rejects.toThrow(/audit entries are never (changed|deleted)/)
    }
  })
})
