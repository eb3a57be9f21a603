import { beforeAll, describe, expect, test } from '@jest/globals'
import { keepForeignMessages } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { waitFor } from '@redrive/shared/testing'
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

interface Death {
  readonly taskId: string
  readonly id: string
}

async function die(fields: object = {}): Promise<Death> {
  const body = { type: 'math.add', input: { a: 2, b: 3 }, ...fields }
  const taskId = (await post('/tasks', body)).json.id
  return { taskId, id: await worker.fail(taskId) }
}

async function dieAndArrive(fields: object = {}): Promise<Death> {
  const death = await die(fields)
  await worker.carry(death.taskId)
  return death
}

async function keepForeign(queue: string | null, raw: Buffer): Promise<string> {
  const id = newId()
  const broker = {
    queue,
    exchange: 'redrive.tasks',
    routingKey: queue,
    reason: 'rejected',
    count: 1,
    time: null,
    headers: {},
  }
  const error = { type: 'ForeignMessage', message: 'the body is not JSON' }
  const common = {
    tenantId: DEFAULT_TENANT_ID,
    lane: null,
    rawContentType: 'text/plain',
    fingerprint: 'abc',
    title: 'foreign',
  }
  await keepForeignMessages(api.db, [
    { ...common, id, digest: id, reason: 'not_json', decision: 'kept', error, broker, raw },
  ])
  return id
}

describe('a dead letter', () => {
  test('shows the attempts, the evidence, the input and why', async () => {
    const { id, taskId } = await dieAndArrive()
    const { json } = await get(`/dead-letters/${id}`)
    expect(json).toMatchObject({
      id,
      taskId,
      state: 'open',
      reason: 'attempts_exhausted',
      error: { message: 'it broke' },
      input: { a: 2, b: 3 },
      broker: { queue: 'redrive.v1.normal', reason: 'rejected', count: 1 },
      attempts: [{ attempt: 1, outcome: 'failed', workerId: worker.id }],
      raw: null,
    })
    expect(json.explanation).toContain(`Task ${taskId} of type math.add in the lane "normal" failed for good`)
    expect(json.explanation).toContain(
      'RabbitMQ says that it was rejected by its consumer in the queue redrive.v1.normal',
    )
  })

  test.each(['019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11', 'nonsense'])(
    'named %s, which is none, is not found',
    async (id) => {
      expect(await get(`/dead-letters/${id}`)).toMatchObject({
        status: 404,
        json: { code: 'DEAD_LETTER_NOT_FOUND' },
      })
      expect((await post(`/dead-letters/${id}/redrive`)).status).toBe(404)
      expect((await post(`/dead-letters/${id}/discard`)).status).toBe(404)
    },
  )

  test('says for whom its task was, with what tags, and who tried it last', async () => {
    const { id } = await dieAndArrive({ user: 'customer-7', tags: ['invoices'] })
    const [{ json }, listed] = await Promise.all([
      get(`/dead-letters/${id}`),
      get('/dead-letters?user=customer-7'),
    ])
    const told = { user: 'customer-7', tags: ['invoices'], attemptCount: 1, workerVersion: '1.2.3' }
    expect(json).toMatchObject(told)
    expect(listed.json.items).toMatchObject([{ id, ...told }])
  })

  test('is found by state, type, lane, reason, fingerprint, task, time and origin', async () => {
    const { id, taskId } = await dieAndArrive({ lane: 'low' })
    const { fingerprint, diedAt } = (await get(`/dead-letters/${id}`)).json
    const find = async (query: string) =>
      (await get(`/dead-letters?limit=1000&${query}`)).json.items.map((one: Death) => one.id)
    const after = new Date(Date.parse(diedAt) - 1).toISOString()
    const matching = [
      'state=open',
      'state=carried,open',
      'type=math.add',
      'lane=low',
      'reason=attempts_exhausted',
      `fingerprint=${fingerprint}`,
      `taskId=${taskId}`,
      'foreign=false',
      `diedAfter=${after}`,
    ]
    for (const query of matching) expect(await find(query)).toContain(id)
    for (const query of [
      'state=discarded',
      'type=demo.work',
      'lane=high',
      'reason=crashed',
      'fingerprint=x',
      'foreign=true',
      `diedBefore=${after}`,
    ]) {
      expect(await find(query)).not.toContain(id)
    }
  })

  test.each(['state=dead', 'taskId=x', 'foreign=yes', 'diedAfter=now', 'limit=-1', 'foo=1'])(
    'the filter %s is refused',
    async (query) => {
      expect(await get(`/dead-letters?${query}`)).toMatchObject({
        status: 422,
        json: { code: 'INVALID_QUERY' },
      })
    },
  )
})

describe('a redrive', () => {
  test('gives the task a new life with an edited input, and both lives stay to be seen', async () => {
    const { id, taskId } = await dieAndArrive()
    const redriven = await post(`/dead-letters/${id}/redrive`, {
      input: { a: 7, b: 8 },
      lane: 'high',
      maxAttempts: 3,
      reason: 'fixed',
    })
    expect(redriven).toMatchObject({
      status: 202,
      json: { id, state: 'redriven', closedBy: 'administrator', closingReason: 'fixed' },
    })
    expect(redriven.headers.get('location')).toBe(`/api/v1/tasks/${taskId}`)
    const { json } = await get(`/tasks/${taskId}`)
    expect(json).toMatchObject({
      state: 'waiting',
      lane: 'high',
      input: { a: 7, b: 8 },
      attempt: 1,
      maxAttempts: 4,
      error: null,
    })
    expect(json.history).toMatchObject([
      { action: 'dead_letter.redriven', deadLetterId: id, reason: 'fixed' },
    ])
    expect(json.explanation).toContain('administrator redrove it')
    const again = await worker.fail(taskId, { number: 2 })
    expect((await get(`/dead-letters/${again}`)).json).toMatchObject({
      input: { a: 7, b: 8 },
      attempts: [{ attempt: 1 }, { attempt: 2 }],
    })
    expect((await get(`/dead-letters/${id}`)).json).toMatchObject({
      input: { a: 2, b: 3 },
      attempts: [{ attempt: 1 }],
    })
  })

  test('needs no body', async () => {
    const { id } = await dieAndArrive()
    expect((await post(`/dead-letters/${id}/redrive`)).status).toBe(202)
  })

  test('of two operators at once, one wins', async () => {
    const { id } = await dieAndArrive()
    const answers = await Promise.all([
      post(`/dead-letters/${id}/redrive`),
      post(`/dead-letters/${id}/redrive`),
      post(`/dead-letters/${id}/discard`),
    ])
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status === 409)
    expect(refused.map(({ json }) => json.code)).toEqual(['DEAD_LETTER_NOT_OPEN', 'DEAD_LETTER_NOT_OPEN'])
  })

  test('of one that is still carried is refused, with the time to come again', async () => {
    const { id } = await die()
    const { status, headers, json } = await post(`/dead-letters/${id}/redrive`)
    expect({ status, state: json.deadLetterState, retryAfter: headers.get('retry-after') }).toEqual({
      status: 409,
      state: 'carried',
      retryAfter: '2',
    })
  })

  test.each([
    [{ input: { a: 1 } }, 'INVALID_INPUT', '/input/b'],
    [{ lane: 'fast' }, 'INVALID_BODY', '/lane'],
    [{ maxAttempts: 0 }, 'INVALID_BODY', '/maxAttempts'],
    [{ inputs: {} }, 'INVALID_BODY', '/inputs'],
    [{ reason: 'x'.repeat(1_001) }, 'INVALID_BODY', '/reason'],
  ])('with %j is refused, and the dead letter stays open', async (body, code, path) => {
    const { id } = await dieAndArrive()
    const { status, json } = await post(`/dead-letters/${id}/redrive`, body)
    expect({ status, code: json.code, path: json.errors[0].path }).toEqual({ status: 422, code, path })
    expect((await get(`/dead-letters/${id}`)).json.state).toBe('open')
  })
})

test('a discarded dead letter is closed with who and why', async () => {
  const { id, taskId } = await dieAndArrive()
  const { status, json } = await post(`/dead-letters/${id}/discard`, { reason: 'the customer has gone' })
  expect({ status, state: json.state }).toEqual({ status: 200, state: 'discarded' })
  expect(json.explanation).toContain('It was discarded by administrator')
  expect((await get(`/tasks/${taskId}`)).json.deadLetters).toMatchObject([{ id, state: 'discarded' }])
})

describe('a foreign message', () => {
  const depth = async (queue: string) => (await get(`/queues/${queue}`)).json.ready

  test('shows its bytes as they came', async () => {
    const text = await keepForeign('redrive.v1.low', Buffer.from('hello ü'))
    const bytes = await keepForeign('redrive.v1.low', Buffer.from([0xff, 0x00, 0xfe]))
    expect((await get(`/dead-letters/${text}`)).json).toMatchObject({
      taskId: null,
      raw: { encoding: 'utf8', body: 'hello ü', contentType: 'text/plain' },
    })
    expect((await get(`/dead-letters/${bytes}`)).json.raw).toEqual({
      encoding: 'base64',
      body: '/wD+',
      contentType: 'text/plain',
    })
    expect((await get(`/dead-letters/${text}`)).json.explanation).toContain('it is not JSON')
    expect((await get('/dead-letters?foreign=true')).json.items.length).toBeGreaterThanOrEqual(2)
  })

  test('is sent back, byte for byte, to the queue where it died', async () => {
    const body = Buffer.from('not a ticket')
    const id = await keepForeign('redrive.v1.low', body)
    const before = await depth('low')
    const { status, headers, json } = await post(`/dead-letters/${id}/redrive`, { reason: 'again' })
    expect({ status, state: json.state, location: headers.get('location') }).toEqual({
      status: 202,
      state: 'redriven',
      location: null,
    })
    await waitFor(async () => (await depth('low')) === before + 1, 'the message to be back in its queue')
    const options = { count: 100, ackmode: 'ack_requeue_true', encoding: 'auto' }
    const messages = await api.vhost.manage('POST', `/queues/${api.vhost.vhost}/redrive.v1.low/get`, options)
    expect(messages).toEqual(expect.arrayContaining([expect.objectContaining({ payload: body.toString() })]))
    expect((await post(`/dead-letters/${id}/redrive`)).status).toBe(409)
  })

  test.each([['someone.elses'], ['redrive.error'], [null]])(
    'that died in %s is not sent anywhere',
    async (queue) => {
      const id = await keepForeign(queue, Buffer.from('x'))
      expect(await post(`/dead-letters/${id}/redrive`)).toMatchObject({
        status: 409,
        json: { code: 'DEAD_LETTER_NOT_REDRIVABLE' },
      })
      expect((await post(`/dead-letters/${id}/discard`)).json.state).toBe('discarded')
    },
  )

  test('cannot be edited', async () => {
    const id = await keepForeign('redrive.v1.low', Buffer.from('x'))
    expect(await post(`/dead-letters/${id}/redrive`, { lane: 'high' })).toMatchObject({
      status: 422,
      json: { code: 'INVALID_BODY' },
    })
  })
})
