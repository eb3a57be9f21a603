import { beforeAll, describe, expect, test } from '@jest/globals'
import { advanceRedrive } from '@redrive/shared/database'
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

/** As many failed tasks with this tag, their dead letters open. */
async function die(tag: string, inputs: readonly object[] = [{ a: 1, b: 2 }]) {
  const dead: { readonly taskId: string; readonly id: string }[] = []
  for (const input of inputs) {
    const taskId = (await post('/tasks', { type: 'math.add', input, tags: [tag] })).json.id
    const id = await worker.fail(taskId)
    await worker.carry(taskId)
    dead.push({ taskId, id })
  }
  return dead
}

const advance = (redriveId: string) => advanceRedrive(api.db, { redriveId, maxChunk: 500 })

describe('a redrive of many', () => {
  test('is planned, executed once however often it is pressed, and reported', async () => {
    const dead = await die('pressed', [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
    const planned = await post('/redrives', { filter: { tag: 'pressed' }, reason: 'fixed' })
    expect(planned).toMatchObject({
      status: 201,
      json: {
        state: 'planned',
        filter: { tag: { anyOf: ['pressed'] } },
        reason: 'fixed',
        actor: 'administrator',
        memberCount: 2,
        groupCount: 1,
        groups: [{ title: 'Error: it broke', count: 2 }],
        types: [{ type: 'math.add', count: 2 }],
        tenants: [{ name: 'default', count: 2 }],
        progress: { planned: 2, redriven: 0, skipped: 0, recalled: 0 },
        samples: [{ id: dead[0]!.id }, { id: dead[1]!.id }],
      },
    })
    const path = `/redrives/${planned.json.id}`
    expect(planned.headers.get('location')).toBe(`/api/v1${path}`)
    expect(Date.parse(planned.json.expiresAt) - Date.parse(planned.json.plannedAt)).toBe(3_600_000)
    const pressed = await Promise.all([
      post(`${path}/execute`),
      post(`${path}/execute`),
      post(`${path}/execute`),
    ])
    expect(pressed.map(({ status, json }) => [status, json.state])).toEqual([
      [200, 'running'],
      [200, 'running'],
      [200, 'running'],
    ])
    expect(await advance(planned.json.id)).toMatchObject({ redriven: 2, isCompleted: true })
    expect(await post(`${path}/execute`)).toMatchObject({ status: 200, json: { state: 'completed' } })
    const { json } = await get(`${path}/members?state=redriven`)
    expect(json).toMatchObject({
      items: [
        { position: 1, deadLetterId: dead[0]!.id, taskId: dead[0]!.taskId, dispatch: 2, outcome: 'waiting' },
        { position: 2, deadLetterId: dead[1]!.id, outcome: 'waiting' },
      ],
      nextCursor: null,
    })
    expect((await get(`${path}/report`)).json).toMatchObject({
      state: 'completed',
      outcomes: { waiting: 2, succeeded: 0 },
      faults: [],
      skipped: [],
    })
    expect((await get(`/dead-letters/${dead[0]!.id}`)).json).toMatchObject({
      state: 'redriven',
      redriveId: planned.json.id,
      closedBy: 'administrator',
    })
    expect((await get('/redrives')).json.items[0]).toMatchObject({ id: planned.json.id, state: 'completed' })
  })

  test('pages through its members in their order', async () => {
    const dead = await die('paged', [
      { a: 1, b: 1 },
      { a: 2, b: 2 },
      { a: 3, b: 3 },
    ])
    const { json } = await post('/redrives', { filter: { tag: 'paged' } })
    const first = (await get(`/redrives/${json.id}/members?limit=2`)).json
    const second = (await get(`/redrives/${json.id}/members?limit=2&cursor=${first.nextCursor}`)).json
    expect([...first.items, ...second.items].map((one) => one.taskId)).toEqual(dead.map((one) => one.taskId))
    expect(second.nextCursor).toBeNull()
    const other = await get(`/redrives/${json.id}/members?limit=2&state=planned&cursor=${first.nextCursor}`)
    expect(other).toMatchObject({ status: 422, json: { code: 'INVALID_CURSOR' } })
  })

  test('edits each input, and skips those that do not fit their type any more', async () => {
    const dead = await die('edited', [
      { a: 1, b: 2 },
      { a: 5, b: 6 },
    ])
    const bad = await post('/redrives', { filter: { tag: 'edited' }, inputPatch: { c: 1 } })
    expect(bad.json.progress).toMatchObject({ planned: 0, skipped: 2 })
    expect((await get(`/redrives/${bad.json.id}/members`)).json.items[0]).toMatchObject({
      state: 'skipped',
      skipCode: 'invalid_input',
      skippedBecause: 'the edited input does not fit the type: /c is not a known property',
    })
    const secret = await post('/redrives', { filter: { tag: 'edited' }, inputPatch: { b: 'a secret' } })
    const { skippedBecause } = (await get(`/redrives/${secret.json.id}/members`)).json.items[0]
    expect(skippedBecause).toMatch(/^the edited input does not fit the type: \/b expected /)
    expect(skippedBecause).not.toContain('secret')
    const good = await post('/redrives', { filter: { tag: 'edited' }, inputPatch: { b: 9 }, lane: 'high' })
    expect(good.json).toMatchObject({ inputPatch: { b: 9 }, progress: { planned: 2, skipped: 0 } })
    await post(`/redrives/${good.json.id}/execute`)
    await advance(good.json.id)
    expect((await get(`/tasks/${dead[1]!.taskId}`)).json).toMatchObject({
      input: { a: 5, b: 9 },
      lane: 'high',
    })
    expect((await get(`/dead-letters/${dead[1]!.id}`)).json.input).toEqual({ a: 5, b: 6 })
  })

  test('names those that changed between plan and execution', async () => {
    const dead = await die('changed', [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
    const { id } = (await post('/redrives', { filter: { tag: 'changed' } })).json
    await post(`/dead-letters/${dead[0]!.id}/discard`)
    await post(`/redrives/${id}/execute`)
    await advance(id)
    expect((await get(`/redrives/${id}/members?state=skipped`)).json.items).toMatchObject([
      { deadLetterId: dead[0]!.id, skipCode: 'discarded' },
    ])
    const { skipped } = (await get(`/redrives/${id}/report`)).json
    expect(skipped).toMatchObject([{ code: 'discarded', count: 1 }])
    expect(skipped[0].example).toMatch(/^the dead letter was discarded by administrator at 20/)
  })

  test('is recalled at once, without the dispatcher, and each member is dead again', async () => {
    const dead = await die('recalled', [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ])
    const { id } = (await post('/redrives', { filter: { tag: 'recalled' } })).json
    expect(await post(`/redrives/${id}/recall`)).toMatchObject({
      status: 409,
      json: { code: 'REDRIVE_NOT_ALLOWED', redriveState: 'planned' },
    })
    await post(`/redrives/${id}/execute`)
    await advance(id)
    const recalled = await post(`/redrives/${id}/recall`, { reason: 'too soon' })
    expect(recalled).toMatchObject({
      status: 200,
      json: {
        state: 'completed',
        progress: { redriven: 0, recalled: 2 },
        recall: { actor: 'administrator', reason: 'too soon', endedAt: expect.any(String) },
      },
    })
    expect((await get(`/dead-letters/${dead[0]!.id}`)).json).toMatchObject({ state: 'open', closedBy: null })
    const task = (await get(`/tasks/${dead[0]!.taskId}`)).json
    expect(task).toMatchObject({ state: 'failed', error: { message: 'it broke' } })
    expect(task.explanation).toContain('administrator took the redrive back')
  })
})

describe('a plan is refused', () => {
  test.each([
    [{}, 'INVALID_BODY', '/filter'],
    [{ filter: { tpye: 'math.add' } }, 'INVALID_BODY', '/filter/tpye'],
    [{ filter: {}, ratePerSecond: 0 }, 'INVALID_BODY', '/ratePerSecond'],
    [{ filter: {}, concurrency: 1.5 }, 'INVALID_BODY', '/concurrency'],
    [{ filter: {}, lane: 'fast' }, 'INVALID_BODY', '/lane'],
    [{ filter: {}, inputPatch: [1] }, 'INVALID_BODY', '/inputPatch'],
    [{ filter: {}, expiresInMs: 1 }, 'INVALID_BODY', '/expiresInMs'],
    [{ filter: {}, dryRun: true }, 'INVALID_BODY', '/dryRun'],
    [{ filter: { tag: 'nobody has this' } }, 'NOTHING_MATCHES', '/filter'],
    [{ filter: { state: 'discarded', tag: 'nobody has this' } }, 'NOTHING_MATCHES', '/filter'],
  ])('%j', async (body, code, path) => {
    const { status, json } = await post('/redrives', body)
    expect({ status, code: json.code, path: json.errors[0].path }).toEqual({ status: 422, code, path })
  })
})

describe('a redrive that', () => {
  test.each(['019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11', 'nonsense'])('is named %s is not found', async (id) => {
    for (const path of ['', '/members', '/report'])
      expect(await get(`/redrives/${id}${path}`)).toMatchObject({
        status: 404,
        json: { code: 'REDRIVE_NOT_FOUND' },
      })
    for (const command of ['execute', 'pause', 'resume', 'stop', 'recall'])
      expect((await post(`/redrives/${id}/${command}`)).json.code).toBe('REDRIVE_NOT_FOUND')
  })

  test('has expired is not executed', async () => {
    await die('expired')
    const { id } = (await post('/redrives', { filter: { tag: 'expired' }, expiresInMs: 1_000 })).json
    await api.db
      .updateTable('redrives')
      .set({ expires_at: new Date(0) })
      .where('id', '=', id)
      .execute()
    expect(await post(`/redrives/${id}/execute`)).toMatchObject({
      status: 409,
      json: { code: 'REDRIVE_EXPIRED', redriveState: 'expired' },
    })
    expect((await get(`/redrives/${id}`)).json.state).toBe('expired')
  })

  test('is paused, resumed and stopped says what it is each time, and refuses what makes no sense', async () => {
    await die('commands')
    const { id } = (await post('/redrives', { filter: { tag: 'commands' } })).json
    const states: unknown[] = []
    for (const command of [
      'pause',
      'execute',
      'pause',
      'pause',
      'execute',
      'resume',
      'stop',
      'stop',
      'resume',
      'execute',
    ]) {
      const { status, json } = await post(`/redrives/${id}/${command}`)
      states.push([command, status, status === 200 ? json.state : json.redriveState])
    }
    expect(states).toEqual([
      ['pause', 409, 'planned'],
      ['execute', 200, 'running'],
      ['pause', 200, 'paused'],
      ['pause', 200, 'paused'],
      ['execute', 200, 'paused'],
      ['resume', 200, 'running'],
      ['stop', 200, 'stopped'],
      ['stop', 200, 'stopped'],
      ['resume', 409, 'stopped'],
      ['execute', 409, 'stopped'],
    ])
  })
})

describe('the recall of one dead letter', () => {
  test('opens it again', async () => {
    const [dead] = await die('one')
    await post(`/dead-letters/${dead!.id}/redrive`, { input: { a: 8, b: 8 } })
    const recalled = await post(`/dead-letters/${dead!.id}/recall`, { reason: 'wrong input' })
    expect(recalled).toMatchObject({ status: 200, json: { state: 'open', closedAt: null } })
    expect((await get(`/tasks/${dead!.taskId}`)).json).toMatchObject({
      state: 'failed',
      input: { a: 1, b: 2 },
    })
    expect((await post(`/dead-letters/${dead!.id}/redrive`)).status).toBe(202)
  })

  test('is refused when it is not redriven, or its task has run since', async () => {
    const [dead] = await die('late')
    const open = await post(`/dead-letters/${dead!.id}/recall`)
    expect(open).toMatchObject({
      status: 409,
      json: { code: 'DEAD_LETTER_NOT_RECALLABLE', deadLetterState: 'open' },
    })
    await post(`/dead-letters/${dead!.id}/redrive`)
    await worker.fail(dead!.taskId, { number: 2 })
    const late = await post(`/dead-letters/${dead!.id}/recall`)
    expect(late).toMatchObject({ status: 409, json: { deadLetterState: 'redriven' } })
    expect(late.json.detail).toContain('A worker has started task')
  })
})
