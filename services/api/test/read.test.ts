import { beforeAll, describe, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import { type ApiUnderTest, startApi } from './api-under-test.ts'
import { workByHand, type WorkerByHand } from './worker-by-hand.ts'

let api: ApiUnderTest
let worker: WorkerByHand

beforeAll(async () => {
  api = await startApi()
  worker = await workByHand(api.db)
}, 30_000)

const UNKNOWN = '019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11'

async function submit(fields: object = {}): Promise<string> {
  const body = { type: 'math.add', input: { a: 2, b: 3 }, ...fields }
  return (await api.call('POST', '/api/v1/tasks', { body })).json.id
}

const get = (path: string, headers: Record<string, string> = {}) =>
  api.call('GET', `/api/v1${path}`, { headers })

describe('a task', () => {
  test('that succeeded shows its attempt, its result and how it went', async () => {
    const id = await submit()
    await worker.succeed(id, { sum: '5' })
    const { json } = await get(`/tasks/${id}`)
    expect(json).toMatchObject({ state: 'succeeded', result: { sum: '5' }, attempt: 1, error: null })
    expect(json.attempts).toEqual([
      expect.objectContaining({
        attempt: 1,
        dispatch: 1,
        outcome: 'succeeded',
        workerId: worker.id,
        host: 'host-1',
      }),
    ])
    expect(json.explanation).toContain('It succeeded with attempt 1')
  })

  test('that runs shows its running attempt', async () => {
    const id = await submit()
    await worker.claim(id)
    const { json } = await get(`/tasks/${id}`)
    expect(json).toMatchObject({ state: 'running', attempts: [{ outcome: 'running', endedAt: null }] })
    expect(json.explanation).toContain(`It is running: attempt 1, on worker ${worker.id} on host-1.`)
  })

  test('shows the members of an error in the order in which one reads them', async () => {
    const id = await submit()
    const cause = { stack: 's', message: 'm', type: 'Cause' }
    const error = { stack: 'at', cause, code: 'E', message: 'it broke', type: 'Error' }
    const deadLetterId = await worker.fail(id, { error })
    const ordered = '"error":{"type":"Error","message":"it broke","code":"E","stack":"at","cause":{"type":'
    for (const path of [`/tasks/${id}`, `/tasks/${id}/result`, `/dead-letters/${deadLetterId}`])
      expect((await get(path)).text).toContain(ordered)
  })

  test('that failed shows its error and its dead letter', async () => {
    const id = await submit()
    const deadLetterId = await worker.fail(id)
    const { json } = await get(`/tasks/${id}`)
    expect(json).toMatchObject({ state: 'failed', error: { type: 'Error', message: 'it broke' } })
    expect(json.deadLetters).toEqual([{ id: deadLetterId, state: 'carried', diedAt: expect.any(String) }])
    expect(json.explanation).toContain('Its dead letter is on its way through the error queue.')
  })

  test.each([UNKNOWN, 'nonsense', '%00', '..%2f'])('named %s, which is none, is not found', async (id) => {
    for (const path of [`/tasks/${id}`, `/tasks/${id}/status`, `/tasks/${id}/result`]) {
      expect(await get(path)).toMatchObject({ status: 404, json: { code: 'TASK_NOT_FOUND' } })
    }
    expect((await api.call('POST', `/api/v1/tasks/${id}/cancel`)).status).toBe(404)
  })
})

describe('a result', () => {
  test('is there with 200 when the task succeeded', async () => {
    const id = await submit()
    await worker.succeed(id, { sum: '5' })
    const { status, json } = await get(`/tasks/${id}/result`)
    expect({ status, json }).toEqual({
      status: 200,
      json: { id, state: 'succeeded', result: { sum: '5' }, finishedAt: expect.any(String) },
    })
  })

  test('that is null is a result', async () => {
    const id = await submit()
    await worker.succeed(id, null)
    expect(await get(`/tasks/${id}/result`)).toMatchObject({ status: 200, json: { result: null } })
  })

  test('is 202 with the state and Retry-After while the task is open', async () => {
    const { status, headers, json } = await get(`/tasks/${await submit()}/result`)
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 202, retryAfter: '1' })
    expect(json).toMatchObject({ attempt: 0, maxAttempts: 5 })
    const later = await get(`/tasks/${await submit({ delayMs: 30_000 })}/result`)
    expect(Number(later.headers.get('retry-after'))).toBeGreaterThan(20)
  })

  test('is 409 with the error and the dead letter when the task failed', async () => {
    const id = await submit()
    const deadLetterId = await worker.fail(id)
    expect(await get(`/tasks/${id}/result`)).toMatchObject({
      status: 409,
      json: { code: 'TASK_NOT_SUCCEEDED', taskState: 'failed', error: { message: 'it broke' }, deadLetterId },
    })
  })

  test('is 409 when the task was cancelled', async () => {
    const id = await submit({ delayMs: 60_000 })
    await api.call('POST', `/api/v1/tasks/${id}/cancel`)
    expect(await get(`/tasks/${id}/result`)).toMatchObject({
      status: 409,
      json: { taskState: 'cancelled', error: null, deadLetterId: null },
    })
  })
})

describe('a client that prefers to wait', () => {
  test.each(['result', 'status'])('for the %s gets it when the task ends', async (what) => {
    const id = await submit()
    const waiting = get(`/tasks/${id}/${what}`, { prefer: 'wait=20' })
    await worker.succeed(id, 1)
    const { status, headers, json } = await waiting
    expect({ status, state: json.state, applied: headers.get('preference-applied') }).toEqual({
      status: 200,
      state: 'succeeded',
      applied: 'wait=20',
    })
  })

  test('gets the state when the time is over', async () => {
    const id = await submit()
    const { status, headers } = await get(`/tasks/${id}/result`, { prefer: 'wait=1' })
    expect({ status, applied: headers.get('preference-applied') }).toEqual({ status: 202, applied: 'wait=1' })
  })

  test('hears of a failure at once', async () => {
    const id = await submit()
    const waiting = get(`/tasks/${id}/result`, { prefer: 'wait=20' })
    await worker.fail(id)
    expect((await waiting).status).toBe(409)
  })

  test('is one of many, who are all answered', async () => {
    const id = await submit()
    const waiting = Array.from({ length: 50 }, () => get(`/tasks/${id}/status`, { prefer: 'wait=20' }))
    await worker.succeed(id, 1)
    expect((await Promise.all(waiting)).map(({ json }) => json.state)).toEqual(
      Array.from({ length: 50 }, () => 'succeeded'),
    )
  })

  test('may go away', async () => {
    const gone = new AbortController()
    const waiting = api.call('GET', `/api/v1/tasks/${await submit()}/result`, {
      headers: { prefer: 'wait=60' },
      signal: gone.signal,
    })
    gone.abort()
    await expect(waiting).rejects.toThrow('abort')
    expect((await get('/tasks?limit=1')).status).toBe(200)
  })
})

describe('cancelling', () => {
  test('ends a task, whatever it is doing, and is kept in its history', async () => {
    const [scheduled, running] = [await submit({ delayMs: 60_000 }), await submit()]
    await worker.claim(running)
    for (const id of [scheduled, running]) {
      const cancelled = await api.call('POST', `/api/v1/tasks/${id}/cancel`, {
        body: { reason: 'no longer needed' },
      })
      expect(cancelled).toMatchObject({ status: 200, json: { state: 'cancelled' } })
      const { json } = await get(`/tasks/${id}`)
      expect(json.history).toEqual([
        expect.objectContaining({
          actor: 'administrator',
          action: 'task.cancelled',
          reason: 'no longer needed',
        }),
      ])
    }
    expect((await get(`/tasks/${running}`)).json.attempts).toMatchObject([{ outcome: 'cancelled' }])
  })

  test('a task that has ended is refused with how it ended', async () => {
    const id = await submit()
    await worker.succeed(id, 1)
    expect(await api.call('POST', `/api/v1/tasks/${id}/cancel`)).toMatchObject({
      status: 409,
      json: { code: 'TASK_ALREADY_ENDED', taskState: 'succeeded' },
    })
  })

  test('at the same time by many is done by one; the others hear that it has ended', async () => {
    const id = await submit({ delayMs: 60_000 })
    const cancel = () => api.call('POST', `/api/v1/tasks/${id}/cancel`)
    const answers = await Promise.all(Array.from({ length: 20 }, cancel))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { json } of answers.filter(({ status }) => status !== 200))
      expect(json).toMatchObject({ code: 'TASK_ALREADY_ENDED', taskState: 'cancelled' })
    expect((await get(`/tasks/${id}`)).json.history).toHaveLength(1)
  })

  test.each([[{ because: 'x' }], [{ reason: 5 }], [[]], [{ reason: '\u0000' }]])(
    'with the body %j is refused',
    async (body) => {
      const id = await submit({ delayMs: 60_000 })
      expect(await api.call('POST', `/api/v1/tasks/${id}/cancel`, { body })).toMatchObject({
        status: 422,
        json: { code: 'INVALID_BODY' },
      })
    },
  )
})

describe('the list of tasks', () => {
  async function listAll(query: string, limit: number): Promise<string[]> {
    const ids: string[] = []
    for (let cursor = ''; ;) {
      const { json } = await get(`/tasks?${query}&limit=${limit}${cursor}`)
      ids.push(...json.items.map((item: { id: string }) => item.id))
      if (json.nextCursor === null) return ids
      cursor = `&cursor=${json.nextCursor}`
    }
  }

  test('gives every task once, newest first, page by page, also while others come', async () => {
    const body = Array.from({ length: 25 }, () => ({
      type: 'math.add',
      input: { a: 1, b: 1 },
      tags: ['paged'],
    }))
    const { ids } = (await api.call('POST', '/api/v1/tasks/bulk', { body })).json
    const listing = listAll('tag=paged', 10)
    await submit({ tags: ['paged'] })
    const listed = (await listing).filter((id) => ids.includes(id))
    expect(listed).toEqual([...ids].reverse())
    expect((await get('/tasks?tag=paged&limit=26')).json.nextCursor).toBeNull()
  })

  test('is filtered by state, type, lane, tag and time', async () => {
    const since = new Date().toISOString()
    const [cancelled, low] = [
      await submit({ delayMs: 60_000, tags: ['f'] }),
      await submit({ lane: 'low', type: 'demo.work', tags: ['f'] }),
    ]
    await api.call('POST', `/api/v1/tasks/${cancelled}/cancel`)
    const time = `createdAfter=${encodeURIComponent(since)}`
    const idsOf = async (query: string) =>
      (await get(`/tasks?tag=f&${time}&${query}`)).json.items.map((item: { id: string }) => item.id)
    expect(await idsOf('')).toEqual([low, cancelled])
    expect(await idsOf('state=cancelled')).toEqual([cancelled])
    expect(await idsOf('state=succeeded')).toEqual([])
    expect(await idsOf('lane=low')).toEqual([low])
    expect(await idsOf('type=demo.work')).toEqual([low])
    expect(await idsOf(`createdBefore=${encodeURIComponent(since)}`)).toEqual([])
  })

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=1&limit=2',
    'state=done',
    'lane=fast',
    'tag=',
    'tag=%00',
    'createdAfter=yesterday',
    'page=2',
  ])('refuses %s by its name', async (query) => {
    const { status, json } = await get(`/tasks?${query}`)
    expect({ status, code: json.code }).toEqual({ status: 422, code: 'INVALID_QUERY' })
    expect(json.errors[0].path).toBe(query.split('=')[0])
  })

  test('refuses a cursor that it did not make, or that was made for other filters', async () => {
    await Promise.all([submit(), submit()])
    const { nextCursor } = (await get('/tasks?limit=1')).json
    expect((await get(`/tasks?limit=5&cursor=${nextCursor}`)).status).toBe(200)
    for (const query of [`lane=low&cursor=${nextCursor}`, 'cursor=abc', `cursor=${nextCursor}x`]) {
      expect(await get(`/tasks?${query}`)).toMatchObject({ status: 422, json: { code: 'INVALID_CURSOR' } })
    }
  })
})

test('results list succeeded tasks with what they returned', async () => {
  const ids = [await submit(), await submit()]
  for (const id of ids) await worker.succeed(id, { of: id })
  const { json } = await get('/results?limit=2&type=math.add')
  expect(json.items).toEqual(
    [...ids]
      .reverse()
      .map((id) => expect.objectContaining({ id, type: 'math.add', state: 'succeeded', result: { of: id } })),
  )
  expect((await get(`/results?limit=2&type=math.add&cursor=${json.nextCursor}`)).json.items[0].id).not.toBe(
    ids[0],
  )
})

describe('queues', () => {
  test('show what the broker holds and what the ledger knows', async () => {
    await submit({ lane: 'high' })
    await submit({ lane: 'high', delayMs: 60_000 })
    const ready = await waitFor(async () => {
      const { json } = await get('/queues/high')
      return json.ready === 1 ? json : null
    }, 'the ticket to be counted')
    expect(ready).toMatchObject({
      name: 'high',
      kind: 'lane',
      brokerQueue: 'redrive.v1.high',
      consumers: 0,
      scheduled: 1,
      deadLetters: null,
      note: null,
    })
    expect(ready.waiting + ready.queued).toBe(1)
    const { json } = await get('/queues')
    expect(json.items.map((queue: { name: string }) => queue.name)).toEqual([
      'high',
      'normal',
      'low',
      'error',
    ])
    expect(json.items[3]).toMatchObject({ kind: 'error', waiting: null, deadLetters: expect.any(Number) })
  })

  test('looking into one takes nothing out of it', async () => {
    const id = await submit({ lane: 'high' })
    const before = await get('/queues/high/tasks?limit=1000')
    expect(before.json.items.map((task: { id: string }) => task.id)).toContain(id)
    expect((await get('/queues/high/tasks?limit=1')).json.items).toHaveLength(1)
    expect((await get('/queues/high/tasks?limit=1000')).json.items).toHaveLength(before.json.items.length)
  })

  test('the error queue shows the dead letters that are carried or open', async () => {
    const deadLetterId = await worker.fail(await submit())
    expect((await get('/queues/error/tasks?limit=1')).json.items).toMatchObject([
      { id: deadLetterId, state: 'carried' },
    ])
  })

  test('an unknown one is answered with those that there are', async () => {
    const { status, json } = await get('/queues/fast')
    expect({ status, code: json.code }).toEqual({ status: 404, code: 'QUEUE_NOT_FOUND' })
    expect(json.detail).toContain('high, normal, low, error')
    expect((await get('/queues/fast/tasks')).status).toBe(404)
  })
})

test('task types and workers are listed', async () => {
  const types = await get('/task-types')
  expect(types.json.items.map((type: { name: string }) => type.name)).toEqual([
    'demo.work',
    'math.add',
    'odd.schema',
  ])
  expect((await get('/task-types/math.add')).json).toMatchObject({
    name: 'math.add',
    lane: 'normal',
    workers: 1,
  })
  expect(await get('/task-types/nope')).toMatchObject({ status: 404, json: { code: 'TASK_TYPE_NOT_FOUND' } })
  expect((await get('/workers?state=running')).json.items).toMatchObject([
    { id: worker.id, host: 'host-1', state: 'running' },
  ])
  expect((await get('/workers?state=lost')).json.items).toEqual([])
})
