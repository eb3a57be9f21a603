import { beforeAll, describe, expect, test } from '@jest/globals'
import { waitFor } from '@redrive/shared/testing'
import { type ApiUnderTest, registerTypes, startApi } from './api-under-test.ts'
import { workByHand, type WorkerByHand } from './worker-by-hand.ts'

const NUMBER = '4111111111111111'
const NAME = 'Ada Lovelace'
const INPUT = { card: { number: NUMBER, kind: 'visa' }, patients: [{ name: NAME, ward: 3 }], total: 5 }
const MASKED = {
  card: { number: '[masked]', kind: 'visa' },
  patients: [{ name: '[masked]', ward: 3 }],
  total: 5,
}
const SCHEMA = {
  type: 'object',
  properties: {
    card: { type: 'object', properties: { number: { type: 'string', minLength: 10 } } },
    total: { type: 'number' },
  },
}

let api: ApiUnderTest
let worker: WorkerByHand

beforeAll(async () => {
  api = await startApi()
  worker = await workByHand(api.db)
  await registerTypes(api.db, [
    { name: 'demo.work', schema: SCHEMA, sensitive: ['card.number', 'patients.*.name'] },
  ])
  const short = { type: 'demo.work', input: { card: { number: '1' } } }
  await waitFor(
    async () => (await post('/tasks', short)).status === 422,
    'the api to know the new registration',
  )
}, 30_000)

const get = (path: string) => api.call('GET', `/api/v1${path}`)
const post = (path: string, body?: unknown) =>
  api.call('POST', `/api/v1${path}`, body === undefined ? {} : { body })

const submit = async (): Promise<string> =>
  (await post('/tasks', { type: 'demo.work', input: INPUT })).json.id

/** A worker masks what it reports; this error is one of a time when the field was not yet sensitive. */
async function die(): Promise<{ readonly taskId: string; readonly id: string }> {
  const taskId = await submit()
  const message = `the card ${NUMBER} of ${NAME} was refused`
  const error = { type: 'Error', message, stack: `Error: ${message}\n    at pay (pay.js:1:1)` }
  const id = await worker.fail(taskId, { error })
  await worker.carry(taskId)
  return { taskId, id }
}

test('a type shows which fields of its input are sensitive', async () => {
  expect((await get('/task-types/demo.work')).json.sensitive).toEqual(['card.number', 'patients.*.name'])
})

test('the answer to a submission shows its sender what it sent, and a repetition the same', async () => {
  const send = () =>
    api.call('POST', '/api/v1/tasks', {
      body: { type: 'demo.work', input: INPUT },
      headers: { 'idempotency-key': 'masked-1' },
    })
  const first = await send()
  expect(first.json.input).toEqual(INPUT)
  expect((await send()).text).toBe(first.text)
})

test('nothing that the api shows of a task or a dead letter has a sensitive value', async () => {
  const { taskId, id } = await die()
  const shown = await Promise.all([
    get(`/tasks/${taskId}`),
    get(`/tasks?type=demo.work`),
    get(`/tasks/${taskId}/status`),
    get(`/tasks/${taskId}/result`),
    get(`/dead-letters/${id}`),
    get('/dead-letters'),
    get('/queues/error/tasks'),
    post(`/dead-letters/${id}/discard`, { reason: 'as agreed' }),
    post(`/dead-letters/${id}/restore`),
    post(`/dead-letters/${id}/redrive`),
    get('/queues/normal/tasks'),
    post(`/tasks/${taskId}/cancel`),
    get('/audit'),
  ])
  for (const { text } of shown) {
    expect(text).not.toContain(NUMBER)
    expect(text).not.toContain(NAME)
  }
  const [task, , , result, letter] = shown
  expect(task?.json.input).toEqual(MASKED)
  expect(letter?.json.input).toEqual(MASKED)
  expect(result?.json.detail).toContain('the card [masked] of [masked] was refused')
  expect(letter?.json.error.stack).toContain('Error: the card [masked] of [masked] was refused')
  expect(letter?.json.explanation).toContain('the card [masked] of [masked] was refused')
  expect(JSON.stringify(letter?.json.timeline)).toContain('the card [masked] of [masked] was refused')
})

test('progress that repeats a sensitive value is shown without it', async () => {
  const taskId = await submit()
  await worker.claim(taskId)
  const progress = JSON.stringify({ done: 1, note: `charging ${NUMBER}` })
  await api.db.updateTable('open_tasks').set({ progress }).where('task_id', '=', taskId).execute()
  const expected = { done: 1, note: 'charging [masked]' }
  expect((await get(`/tasks/${taskId}/status`)).json.progress).toEqual(expected)
  expect((await get(`/tasks/${taskId}`)).json.progress).toEqual(expected)
})

test('handlers get the real values', async () => {
  const taskId = await submit()
  await worker.claim(taskId)
  const stored = await api.db.selectFrom('tasks').select('input').where('id', '=', taskId).executeTakeFirst()
  expect(stored?.input).toEqual(INPUT)
})

describe('a look at masked values', () => {
  test('shows them, and is in the audit with who and why', async () => {
    const { taskId, id } = await die()
    const { json } = await get(`/dead-letters/${id}?reveal=true&reason=support%20case%207`)
    expect(json.input).toEqual(INPUT)
    expect(json.error.message).toContain(NUMBER)
    expect((await get(`/tasks/${taskId}?reveal=true`)).json.input).toEqual(INPUT)
    const { items } = (await get(`/audit?action=input.revealed&taskId=${taskId}`)).json
    expect(items).toMatchObject([
      { actor: 'administrator', taskId, deadLetterId: null, reason: null },
      { actor: 'administrator', taskId, deadLetterId: id, reason: 'support case 7' },
    ])
    expect(items[0].details.requestId).toMatch(/^[\w-]+$/)
    const { timeline, input } = (await get(`/tasks/${taskId}`)).json
    expect(timeline.at(-1).text).toContain('looked at its input unmasked')
    expect(input).toEqual(MASKED)
  })

  test('leaves no entry where nothing was masked', async () => {
    const taskId = (await post('/tasks', { type: 'math.add', input: { a: 1, b: 2 } })).json.id
    expect((await get(`/tasks/${taskId}?reveal=true`)).json.input).toEqual({ a: 1, b: 2 })
    expect((await get(`/audit?taskId=${taskId}`)).json.items).toEqual([])
  })

  test.each(['reveal=yes', 'reason=curious', 'reveal=true&reason=', 'show=all', 'reveal=true&reason=%00'])(
    'asked for as %s is refused',
    async (query) => {
      const taskId = await submit()
      expect(await get(`/tasks/${taskId}?${query}`)).toMatchObject({
        status: 422,
        json: { code: 'INVALID_QUERY' },
      })
    },
  )
})

describe('an edited input', () => {
  test('keeps what it masks', async () => {
    const { taskId, id } = await die()
    const input = { ...MASKED, patients: [{ name: '[masked]', ward: 4 }], total: 6 }
    expect((await post(`/dead-letters/${id}/redrive`, { input })).status).toBe(202)
    const { json } = await get(`/tasks/${taskId}?reveal=true`)
    expect(json.input).toEqual({ ...INPUT, patients: [{ name: NAME, ward: 4 }], total: 6 })
  })

  test('that masks what was never there is refused, with the place', async () => {
    const { id } = await die()
    const input = { ...MASKED, patients: [{ name: '[masked]' }, { name: '[masked]' }] }
    const { status, json } = await post(`/dead-letters/${id}/redrive`, { input })
    expect(status).toBe(422)
    expect(json).toMatchObject({ code: 'INVALID_INPUT', errors: [{ path: '/input/patients/1/name' }] })
  })

  test('whose kept value does not fit is refused without showing it', async () => {
    const { id } = await die()
    // As a version before might have let it die.
    const short = JSON.stringify({ ...INPUT, card: { number: '41111111' } })
    await api.db.updateTable('dead_letters').set({ input: short }).where('id', '=', id).execute()
    const { text, json } = await post(`/dead-letters/${id}/redrive`, { input: MASKED })
    expect(json).toMatchObject({ code: 'INVALID_INPUT', errors: [{ path: '/input/card/number' }] })
    expect(text).not.toContain('4111')
  })
})

test.each([
  ['input.card.number=4111', 'input.card.number'],
  ['input.patients.0.name=Ada', 'input.patients.0.name'],
  ['type=demo.work&input.card.number=!4111', 'input.card.number'],
])('a search by a sensitive field, %s, is refused and names the type', async (query, field) => {
  const { status, json } = await get(`/dead-letters?${query}`)
  expect({ status, path: json.errors?.[0].path }).toEqual({ status: 422, path: field })
  expect(json.detail).toContain('sensitive in the type demo.work')
})

test.each(['input.card.kind=visa', 'type=math.add&input.card.number=4111'])(
  'a search by %s is answered',
  async (query) => {
    expect((await get(`/dead-letters?${query}`)).status).toBe(200)
  },
)

test('a command for many by a sensitive field is refused', async () => {
  const body = { filter: { 'input.card.number': NUMBER }, reason: 'x' }
  expect(await post('/dead-letters/discard', body)).toMatchObject({
    status: 422,
    json: { code: 'INVALID_BODY' },
  })
})
