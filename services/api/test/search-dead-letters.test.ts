import { beforeAll, describe, expect, test } from '@jest/globals'
import { newId } from '@redrive/shared/runtime'
import { type ApiUnderTest, startApi } from './api-under-test.ts'
import { type DeadLetterToKeep, keepDeadLetter } from './keep-dead-letter.ts'

let api: ApiUnderTest
const acme = newId()
const ids: Record<string, string> = {}

const LETTERS: Readonly<Record<string, DeadLetterToKeep>> = {
  plain: { worker_version: '1.0', diedAt: '2026-01-01T00:00:00.123Z' },
  mail: {
    type: 'mail.send',
    lane: 'high',
    reason: 'timed_out',
    for_user: 'ada',
    tags: ['invoices', 'a,b'],
    attempt_count: 3,
    worker_version: '2.0',
    fingerprint: 'f1',
    diedAt: '2026-02-01T10:00:00Z',
    error: {
      type: 'com.acme.CardError',
      message: 'the card was refused by 10.0.0.7',
      code: 'E_CARD',
      cause: { type: 'Timeout', message: 'socket hung up' },
    },
    input: {
      country: 'CH',
      amount: 120.5,
      isTest: true,
      note: null,
      items: [{ sku: 'A1' }, { sku: 'B2' }],
      'a.b': { 7: 'x' },
    },
  },
  retry: {
    type: 'mail.retry',
    lane: 'low',
    tags: ['invoices'],
    attempt_count: 5,
    diedAt: '2026-02-02T10:00:00Z',
    error: { type: 'Error', message: 'refused: the card is old' },
    input: { country: 'DE', amount: '120.5', isTest: 'true', note: 'null', items: [{ sku: 'C3' }] },
  },
  foreign: {
    task_id: null,
    number: null,
    type: null,
    lane: null,
    raw: Buffer.from('hello'),
    foreign_digest: 'digest',
    reason: 'not_json',
    diedAt: '2026-03-01T00:00:00Z',
  },
  discarded: { state: 'discarded', closed_at: '2026-03-02T00:00:00Z', diedAt: '2026-03-02T00:00:00Z' },
  acme: { tenant_id: acme, input: { country: 'CH' }, diedAt: '2026-03-03T00:00:00Z' },
}

beforeAll(async () => {
  api = await startApi()
  await api.db.insertInto('tenants').values({ id: acme, name: 'acme' }).execute()
  for (const [name, letter] of Object.entries(LETTERS)) ids[name] = await keepDeadLetter(api.db, letter)
}, 60_000)

const list = (query: Record<string, string>) =>
  api.call('GET', `/api/v1/dead-letters?${new URLSearchParams(query).toString()}`)

async function find(query: Record<string, string>): Promise<string[]> {
  const { status, json } = await list(query)
  expect([status, json.detail]).toEqual([200, undefined])
  const names = new Map(Object.entries(ids).map(([name, id]) => [id, name]))
  return json.items.map(({ id }: { id: string }) => names.get(id))
}

// Newest first, as they were kept last.
const ALL = ['acme', 'discarded', 'foreign', 'retry', 'mail', 'plain']
const but = (...names: string[]) => ALL.filter((name) => !names.includes(name))

describe('dead letters are found by', () => {
  test.each<[string, string, string[]]>([
    ['state', 'discarded', ['discarded']],
    ['state', '!open', ['discarded']],
    ['state', 'carried,discarded', ['discarded']],
    ['reason', 'timed_out,not_json', ['foreign', 'mail']],
    ['type', 'mail.send', ['mail']],
    ['type', 'mail.send,mail.retry', ['retry', 'mail']],
    ['type', '!math.add', ['foreign', 'retry', 'mail']],
    ['lane', 'high', ['mail']],
    ['lane', '!normal', ['foreign', 'retry', 'mail']],
    ['tenant', 'acme', ['acme']],
    ['tenant', '!acme', but('acme')],
    ['tenant', 'acme,default', ALL],
    ['user', 'ada', ['mail']],
    ['user', '!ada', but('mail')],
    ['tag', 'invoices', ['retry', 'mail']],
    ['tag', '"a,b"', ['mail']],
    ['tag', '!invoices', but('retry', 'mail')],
    ['diedAt', '2026-02-01', ['mail']],
    ['diedAt', '2026-02-01..2026-02-02', ['retry', 'mail']],
    ['diedAt', '>=2026-02-02T10:00:00Z', but('mail', 'plain')],
    ['diedAt', '>2026-02-02T10:00:00Z', ['acme', 'discarded', 'foreign']],
    ['diedAt', '<=2026-01-01T00:00:00.123Z', ['plain']],
    ['diedAt', '<2026-01-01T00:00:00.123Z', []],
    ['diedAt', '-10000d..2026-01-01', ['plain']],
    ['diedAfter', '2026-03-02T00:00:00Z', ['acme', 'discarded']],
    ['diedBefore', '2026-02-01T10:00:00Z', ['plain']],
    ['attempts', '3', ['mail']],
    ['attempts', '3,5', ['retry', 'mail']],
    ['attempts', '!0', ['retry', 'mail']],
    ['attempts', '>=3', ['retry', 'mail']],
    ['attempts', '>3', ['retry']],
    ['attempts', '<3', but('retry', 'mail')],
    ['attempts', '<=3', but('retry')],
    ['attempts', '2.5..4.5', ['mail']],
    ['attempts', '>99999999999', []],
    ['workerVersion', '2.0', ['mail']],
    ['workerVersion', '!2.0', but('mail')],
    ['fingerprint', 'f1', ['mail']],
    ['foreign', 'true', ['foreign']],
    ['foreign', 'false', but('foreign')],
    ['taskId', newId(), []],
    ['text', 'refused', ['retry', 'mail']],
    ['text', 'card refused', ['retry', 'mail']],
    ['text', '"card was refused"', ['mail']],
    ['text', 'refused -old', ['mail']],
    ['text', 'hung or old', ['retry', 'mail']],
    ['text', 'CardError', ['mail']],
    ['text', 'com.acme.CardError', ['mail']],
    ['text', '10.0.0.7', ['mail']],
    ['text', 'E_CARD', ['mail']],
    ['text', 'socket', ['mail']],
    ['text', '!', []],
    ['input.country', 'CH', ['acme', 'mail']],
    ['input.country', 'CH,DE', ['acme', 'retry', 'mail']],
    ['input.country', '!CH', ['retry']],
    ['input.amount', '120.5', ['retry', 'mail']],
    ['input.amount', '"120.5"', ['retry']],
    ['input.amount', '>=100', ['mail']],
    ['input.amount', '>120.5', []],
    ['input.amount', '100..121', ['mail']],
    ['input.amount', '!7', ['retry', 'mail']],
    ['input.isTest', 'true', ['retry', 'mail']],
    ['input.note', 'null', ['retry', 'mail']],
    ['input.items.0.sku', 'A1', ['mail']],
    ['input.items.1.sku', 'A1', []],
    ['input.items.sku', 'B2,C3', ['retry', 'mail']],
    ['input."a.b".7', 'x', ['mail']],
    ['input.nowhere.at.all', 'x', []],
    ['input.nowhere', '!x', []],
    [`input.it"s`.replace('"', "'"), 'x', []],
  ])('%s=%s', async (field, value, names) => {
    expect(await find({ [field]: value })).toEqual(names)
  })

  test('several fields, all of which hold', async () => {
    const query = {
      state: 'open',
      type: 'mail.send,mail.retry',
      attempts: '>=3',
      'input.country': 'CH',
      text: '"card was refused" -timedout',
    }
    expect(await find(query)).toEqual(['mail'])
    expect(await find({ ...query, tenant: 'acme' })).toEqual([])
    expect(await find({ 'input.country': 'CH', 'input.amount': '>1', tag: 'invoices' })).toEqual(['mail'])
  })

  test('its task', async () => {
    const { taskId } = (await api.call('GET', `/api/v1/dead-letters/${ids['mail']}`)).json
    expect(await find({ taskId })).toEqual(['mail'])
    expect(await find({ taskId: `!${taskId}` })).toEqual(but('mail'))
  })
})

describe('a filter that cannot be understood is refused:', () => {
  test.each<[string, string, RegExp]>([
    [
      'tipe',
      'x',
      /tipe: is not a known field; did you mean "type"\? Known fields: attempts, diedAfter, .*input\.<path>/,
    ],
    ['state', 'opne', /state: "opne" is none of carried, open, .*did you mean "open"/],
    ['attempts', '~3', /attempts: has the unknown operator "~"; known are/],
    ['type', '>=x', /type: compares with/],
    ['diedAt', 'yesterday', /diedAt: expected a date/],
    ['tenant', 'acne', /tenant: "acne" is no tenant that you see; did you mean "acme"\?/],
    ['input.', 'x', /input\.: expected a path like/],
    ['text', '', /text: has no value/],
  ])('%s=%s', async (field, value, detail) => {
    const { status, json } = await list({ [field]: value })
    expect([status, json.code]).toEqual([422, 'INVALID_QUERY'])
    expect(json.detail).toMatch(detail)
    expect(json.errors).toMatchObject([{ path: field }])
  })

  test('a field that is given twice', async () => {
    for (const field of ['type', 'input.a', 'tipe']) {
      const { status, json } = await api.call('GET', `/api/v1/dead-letters?${field}=a&${field}=b`)
      expect([status, json.code, json.errors[0].path]).toEqual([422, 'INVALID_QUERY', field])
    }
  })
})

describe('pages of a filter', () => {
  test('follow one another without a gap, and a cursor belongs to its filter', async () => {
    const kept: string[] = []
    for (let index = 0; index < 25; index += 1) {
      kept.unshift(
        await keepDeadLetter(api.db, {
          fingerprint: 'paged',
          input: { n: index },
          ...(index % 2 ? { tenant_id: acme } : {}),
        }),
      )
    }
    for (const filter of [{ fingerprint: 'paged' }, { 'input.n': '>=0' }]) {
      const found: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const { json } = await list({ ...filter, limit: '7', ...(cursor === '' ? {} : { cursor }) })
        found.push(...json.items.map(({ id }: { id: string }) => id))
        cursor = json.nextCursor
      }
      expect(found).toEqual(kept)
    }
    const { nextCursor } = (await list({ fingerprint: 'paged', limit: '7' })).json
    const other = await list({ fingerprint: 'paged', tenant: 'acme', cursor: nextCursor })
    expect(other).toMatchObject({ status: 422, json: { code: 'INVALID_CURSOR' } })
  })
})

test('what the operator does to another tenant’s dead letter is audited there', async () => {
  const id = await keepDeadLetter(api.db, { tenant_id: acme })
  const discarded = await api.call('POST', `/api/v1/dead-letters/${id}/discard`, {
    body: { reason: 'known' },
  })
  expect(discarded).toMatchObject({ status: 200, json: { id, tenant: 'acme', state: 'discarded' } })
  const entries = await api.db
    .selectFrom('audit_entries')
    .selectAll()
    .where('dead_letter_id', '=', id)
    .execute()
  expect(entries).toMatchObject([
    { tenant_id: acme, actor: 'administrator', action: 'dead_letter.discarded' },
  ])
})
