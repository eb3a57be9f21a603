import { beforeAll, describe, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import { type ApiUnderTest, type Called, registerTypes, startApi } from './api-under-test.ts'

let api: ApiUnderTest

beforeAll(async () => {
  api = await startApi()
}, 30_000)

const addition = { type: 'math.add', input: { a: 2, b: 3 } }

const submit = (body: unknown, headers: Record<string, string> = {}): Promise<Called> =>
  api.call('POST', '/api/v1/tasks', { body, headers })
const submitBulk = (body: unknown, headers: Record<string, string> = {}): Promise<Called> =>
  api.call('POST', '/api/v1/tasks/bulk', { body, headers })
const countTasks = async (): Promise<number> => {
  const { count } = await api.db
    .selectFrom('tasks')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

describe('a submission', () => {
  test('is answered with the task, its address and everything that the type filled in', async () => {
    const { status, headers, json } = await submit({ ...addition, tags: ['a', 'b'], timeoutMs: 5_000 })
    expect(status).toBe(202)
    expect(headers.get('location')).toBe(`/api/v1/tasks/${json.id}`)
    expect(json).toMatchObject({
      ...addition,
      lane: 'normal',
      state: 'waiting',
      attempt: 0,
      maxAttempts: 5,
      tags: ['a', 'b'],
      timeoutMs: 5_000,
      runAt: json.createdAt,
    })
    expect((await api.call('GET', `/api/v1/tasks/${json.id}`)).json).toMatchObject({
      id: json.id,
      input: addition.input,
    })
  })

  test('is published straight to its lane, confirmed, and marked as queued a little later', async () => {
    const { json } = await submit({ ...addition, lane: 'high' })
    await waitFor(
      async () => (await api.call('GET', '/api/v1/queues/high')).json.ready === 1,
      'the ticket to be in its lane',
    )
    const state = async () => (await api.call('GET', `/api/v1/tasks/${json.id}/status`)).json.state
    await waitFor(async () => (await state()) === 'queued', 'the confirm to be noted')
  })

  test.each([
    [{ delayMs: 60_000 }, 60_000],
    [{ runAt: new Date(Date.now() + 3_600_000).toISOString() }, 3_600_000],
  ])('with %j is scheduled and not published', async (when, aheadMs) => {
    const { json } = await submit({ ...addition, lane: 'low', ...when })
    expect(json.state).toBe('scheduled')
    expect(Math.abs(Date.parse(json.runAt) - Date.now() - aheadMs)).toBeLessThan(30_000)
    expect((await api.call('GET', '/api/v1/queues/low')).json).toMatchObject({ ready: 0 })
  })

  test('with a due time that has passed runs now', async () => {
    expect((await submit({ ...addition, runAt: '2020-01-01T00:00:00+01:00' })).json.state).toBe('waiting')
  })

  test('of a type that was registered a moment ago is accepted', async () => {
    await registerTypes(api.db, [{ name: 'just.now', schema: {} }])
    await waitFor(
      async () => (await submit({ type: 'just.now', input: null })).status === 202,
      'the type to be known',
      { deadlineMs: 3_000 },
    )
  })

  test('of a type whose schema cannot be used is left to the worker', async () => {
    expect((await submit({ type: 'odd.schema', input: 1 })).status).toBe(202)
  })

  test('keeps every property and every text of its input', async () => {
    const input = JSON.parse(
      '{"__proto__":{"a":1},"constructor":2,"🙂":"ü\\n\\u2028","nested":[[[{}]]],"n":-0.5e-3}',
    ) as object
    const { json } = await submit({ type: 'demo.work', input })
    expect((await api.call('GET', `/api/v1/tasks/${json.id}`)).text).toContain('"__proto__":{"a":1}')
  })
})

describe('a task that is not as it should be is refused with the place', () => {
  test.each([
    ['null', null, 'INVALID_BODY', ''],
    ['an array', [addition], 'INVALID_BODY', ''],
    ['without a type', { input: 1 }, 'INVALID_BODY', '/type'],
    ['without an input', { type: 'math.add' }, 'INVALID_BODY', '/input'],
    ['with a wrong lane', { ...addition, lane: 'fast' }, 'INVALID_BODY', '/lane'],
    ['with a negative delay', { ...addition, delayMs: -1 }, 'INVALID_BODY', '/delayMs'],
    ['with half a delay', { ...addition, delayMs: 0.5 }, 'INVALID_BODY', '/delayMs'],
    ['with a delay of centuries', { ...addition, delayMs: 9e15 }, 'INVALID_BODY', '/delayMs'],
    [
      'with a delay and a due time',
      { ...addition, delayMs: 1, runAt: '2026-01-01T00:00:00Z' },
      'INVALID_BODY',
      '/runAt',
    ],
    [
      'with a due time without a zone',
      { ...addition, runAt: '2026-01-01T00:00:00' },
      'INVALID_BODY',
      '/runAt',
    ],
    [
      'with a due time that does not exist',
      { ...addition, runAt: '2026-02-30T00:00:00Z' },
      'INVALID_BODY',
      '/runAt',
    ],
    [
      'with a due time in a thousand years',
      { ...addition, runAt: '3026-01-01T00:00:00Z' },
      'INVALID_BODY',
      '/runAt',
    ],
    [
      'with a due time before the first year',
      { ...addition, runAt: '0000-01-01T00:00:00+23:59' },
      'INVALID_BODY',
      '/runAt',
    ],
    ['with no attempts', { ...addition, maxAttempts: 0 }, 'INVALID_BODY', '/maxAttempts'],
    ['with a text as a number', { ...addition, timeoutMs: '5' }, 'INVALID_BODY', '/timeoutMs'],
    [
      'with too many tags',
      { ...addition, tags: Array.from({ length: 21 }, String) },
      'INVALID_BODY',
      '/tags',
    ],
    ['with a tag that is no text', { ...addition, tags: ['a', 1] }, 'INVALID_BODY', '/tags/1'],
    ['with U+0000 in a tag', { ...addition, tags: ['\u0000'] }, 'INVALID_BODY', '/tags/0'],
    [
      'with half a surrogate pair',
      '{"type":"demo.work","input":{"x":"\\ud800"}}',
      'INVALID_BODY',
      '/input/x',
    ],
    ['with an unknown property', { ...addition, priority: 1 }, 'INVALID_BODY', '/priority'],
    ['with an unknown type', { ...addition, type: 'math.ad' }, 'UNKNOWN_TASK_TYPE', '/type'],
    [
      'with an input that does not fit',
      { ...addition, input: { a: 'x', b: 1 } },
      'INVALID_INPUT',
      '/input/a',
    ],
    [
      'with a number that JSON cannot carry',
      '{"type":"math.add","input":{"a":9007199254740993,"b":1}}',
      'INVALID_BODY',
      '/input/a',
    ],
    [
      'with a number out of range',
      '{"type":"math.add","input":{"a":1,"b":1e400}}',
      'INVALID_BODY',
      '/input/b',
    ],
    [
      'nested too deep',
      `{"type":"demo.work","input":${'['.repeat(200)}${']'.repeat(200)}}`,
      'INVALID_BODY',
      `/input${'/0'.repeat(99)}`,
    ],
  ])('%s', async (...[, body, code, path]) => {
    const before = await countTasks()
    const { status, json } = await submit(body)
    expect({ status, code: json.code }).toEqual({ status: 422, code })
    expect(json.errors[0].path).toBe(path)
    expect(await countTasks()).toBe(before)
  })

  test.each(['batch', 'orderingKey', 'uniqueKey'])(
    'with %s, which this version does not offer',
    async (field) => {
      const { json } = await submit({ ...addition, [field]: 'x' })
      expect(json.errors).toEqual([{ path: `/${field}`, message: 'is not offered by this version' }])
    },
  )

  test('an unknown type lists the known ones and the nearest', async () => {
    const { json } = await submit({ ...addition, type: 'math.ad' })
    expect(json.detail).toContain('Did you mean "math.add"?')
    expect(json.knownTypes).toEqual(expect.arrayContaining(['demo.work', 'math.add']))
  })
})

describe('a bulk submission', () => {
  test('answers with the ids in the order sent', async () => {
    const tasks = Array.from({ length: 500 }, (_, a) => ({ type: 'math.add', input: { a, b: 1 } }))
    const { status, json } = await submitBulk(tasks)
    expect({ status, accepted: json.accepted }).toEqual({ status: 202, accepted: 500 })
    const task = await api.call('GET', `/api/v1/tasks/${json.ids[321]}`)
    expect(task.json.input).toEqual({ a: 321, b: 1 })
  })

  test('is refused as a whole when one task is wrong, which is named', async () => {
    const before = await countTasks()
    const { status, json } = await submitBulk([
      addition,
      { ...addition, input: { a: 1 } },
      { type: 'nope', input: 1 },
    ])
    expect(status).toBe(422)
    expect(json.code).toBe('INVALID_INPUT')
    expect(json.errors).toEqual([
      { index: 1, path: '/input/b', message: 'is missing' },
      { index: 2, path: '/type', code: 'UNKNOWN_TASK_TYPE', message: expect.stringContaining('nope') },
    ])
    expect(await countTasks()).toBe(before)
  })

  test('names the task of a text that cannot be stored', async () => {
    const { json } = await submitBulk([addition, { type: 'demo.work', input: ['\u0000'] }])
    expect(json.errors).toEqual([{ index: 1, path: '/input/0', message: expect.stringContaining('U+0000') }])
  })

  test('full of faults gives a bounded list', async () => {
    const { json, text } = await submitBulk(Array.from({ length: 5_000 }, () => ({})))
    expect(json.errors).toHaveLength(100)
    expect(text.length).toBeLessThan(20_000)
  })

  test.each([[[]], [{}], [Array.from({ length: 10_001 }, () => 0)]])(
    'has to be an array of 1 to 10,000 tasks',
    async (body) => {
      const { status, json } = await submitBulk(body)
      expect(status).toBe(422)
      expect(json.detail).toContain('an array of 1 to 10000 tasks')
    },
  )

  test('refuses a single task that is too large for the other route', async () => {
    const { status, json } = await submitBulk([{ type: 'demo.work', input: 'x'.repeat(300_000) }])
    expect(status).toBe(422)
    expect(json.errors[0]).toMatchObject({ index: 0, path: '/input' })
  })

  test('of 10,000 tasks is accepted', async () => {
    const { json } = await submitBulk(Array.from({ length: 10_000 }, () => ({ ...addition, lane: 'low' })))
    expect(json.accepted).toBe(10_000)
    expect(new Set(json.ids).size).toBe(10_000)
  })
})

describe('an idempotency key', () => {
  const withKey = (key: string) => ({ 'idempotency-key': key })

  test('gives the same answer again, byte for byte, whatever the task has done since', async () => {
    const body = { ...addition, delayMs: 0, tags: ['x'] }
    const first = await submit(body, withKey('one'))
    await api.call('POST', `/api/v1/tasks/${first.json.id}/cancel`)
    const second = await submit(body, withKey('one'))
    expect(second.status).toBe(202)
    expect(second.text).toBe(first.text)
    expect(second.headers.get('location')).toBe(first.headers.get('location'))
    expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])
  })

  test('knows the same body with its properties in another order', async () => {
    const first = await submit('{"type":"math.add","input":{"a":1,"b":2}}', withKey('two'))
    const second = await submit('{"input":{"b":2,"a":1}, "type":"math.add"}', withKey('two'))
    expect(second.json.id).toBe(first.json.id)
  })

  test('refuses another body', async () => {
    await submit(addition, withKey('three'))
    const { status, json } = await submit({ ...addition, lane: 'high' }, withKey('three'))
    expect({ status, code: json.code }).toEqual({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('makes one task of many concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit(addition, withKey('four'))))
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1)
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1)
  })

  test('gives the first answer also when the type has become stricter since, or has other defaults', async () => {
    const type = { name: 'soon.strict', schema: {} }
    await registerTypes(api.db, [type])
    const body = { type: 'soon.strict', input: { a: 1 } }
    await waitFor(async () => (await submit(body)).status === 202, 'the type to be known', {
      deadlineMs: 3_000,
    })
    const first = await submit(body, withKey('strict'))
    const firstBulk = await submitBulk([body], withKey('strict'))
    await registerTypes(api.db, [{ ...type, schema: { type: 'string' } }])
    await waitFor(async () => (await submit(body)).status === 422, 'the stricter schema', {
      deadlineMs: 5_000,
    })
    const second = await submit(body, withKey('strict'))
    expect([second.status, second.text]).toEqual([202, first.text])
    expect((await submitBulk([body], withKey('strict'))).text).toBe(firstBulk.text)
    expect((await submit({ ...body, input: 5 }, withKey('strict'))).json.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  test('that came with a faulty body is free for the right one', async () => {
    expect((await submit({ type: 'nope', input: 1 }, withKey('faulty'))).status).toBe(422)
    const { status, headers } = await submit(addition, withKey('faulty'))
    expect([status, headers.get('idempotency-replayed')]).toEqual([202, null])
  })

  test('covers a bulk submission, apart from single ones', async () => {
    const first = await submitBulk([addition, addition], withKey('one'))
    const second = await submitBulk([addition, addition], withKey('one'))
    expect(second.text).toBe(first.text)
    expect(second.headers.get('idempotency-replayed')).toBe('true')
  })

  test.each(['a b', 'ü'.normalize('NFC'), 'x'.repeat(256)])('%s is refused', async (key) => {
    const { status, json } = await submit(addition, withKey(key))
    expect({ status, code: json.code }).toEqual({ status: 422, code: 'INVALID_IDEMPOTENCY_KEY' })
  })
})

test('requests at the same time all get tasks of their own', async () => {
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, a) => submit({ type: 'math.add', input: { a, b: 0 } })),
  )
  expect(answers.map(({ json }) => json.input.a)).toEqual(Array.from({ length: 200 }, (_, a) => a))
  expect(new Set(answers.map(({ json }) => json.id)).size).toBe(200)
})

test('a lane whose window is full gets no more tickets from the api; the tasks wait for release', async () => {
  await api.db.updateTable('lanes').set({ release_window: 5 }).where('name', '=', 'high').execute()
  const isReserved = async (id: string): Promise<boolean> => {
    const row = await api.db
      .selectFrom('open_tasks')
      .selectAll()
      .where('task_id', '=', id)
      .executeTakeFirstOrThrow()
    return row.taken_until !== null || row.confirmed_at !== null
  }
  const submitHigh = async (): Promise<string> => (await submit({ ...addition, lane: 'high' })).json.id
  await waitFor(async () => !(await isReserved(await submitHigh())), 'the window to be full')
  const { json } = await submitBulk(Array.from({ length: 20 }, () => ({ ...addition, lane: 'high' })))
  const reserved = await Promise.all(json.ids.map(isReserved))
  expect(reserved).toEqual(Array.from({ length: 20 }, () => false))
})
