import { describe, expect, test } from '@jest/globals'
import { ERROR_QUEUE } from '@redrive/shared/broker'
import { type spawnService, waitFor } from '@redrive/shared/testing'
import { type ApiUnderTest, callApi, startApi } from './api-under-test.ts'
import { startBehindProxies } from './start-behind-proxies.ts'
import { workByHand } from './worker-by-hand.ts'

const addition = { type: 'math.add', input: { a: 2, b: 3 } }

async function addressOf(service: ReturnType<typeof spawnService>): Promise<string> {
  const { port } = await service.waitForLog((line) => line['event'] === 'api.listening')
  return `http://127.0.0.1:${String(port)}`
}

const submitTo = (url: string, headers: Record<string, string> = {}) =>
  callApi(url, 'POST /api/v1/tasks', { body: addition, headers })
/** As a client does who is told that the ledger does not answer, or that the api catches up: again until it is told another thing. */
const submitPatiently = (url: string, headers: Record<string, string>) =>
  waitFor(
    async () => {
      const answer = await submitTo(url, headers)
      return answer.status === 503 ? false : answer
    },
    'a submission to be answered otherwise',
    { deadlineMs: 30_000 },
  )
const readinessOf = async (url: string) => {
  const { status, json } = await callApi(url, 'GET /readyz')
  return { status, ...json.checks }
}

describe('without Postgres', () => {
  test('the api starts, lives, refuses submissions with 503, and works when it comes', async () => {
    const { postgres, start } = await startBehindProxies()
    postgres.cut()
    const url = await addressOf(start())
    expect((await callApi(url, 'GET /livez')).status).toBe(200)
    expect(await readinessOf(url)).toMatchObject({ status: 503, ledger: 'unreachable' })
    for (const target of ['GET /api/v1/tasks', 'GET /api/v1/queues', 'POST /api/v1/tasks']) {
      const answer = await callApi(url, target, target.startsWith('POST') ? { body: addition } : {})
      expect({ status: answer.status, code: answer.json.code }).toEqual({
        status: 503,
        code: 'DATABASE_UNAVAILABLE',
      })
      expect(answer.headers.get('retry-after')).toBe('2')
    }
    postgres.restore()
    await waitFor(async () => (await readinessOf(url)).status === 200, 'the api to be ready')
    expect((await submitTo(url)).status).toBe(202)
  }, 40_000)

  test('that goes away and comes back, nothing is half done and nothing accepted is lost', async () => {
    const { db, postgres, start } = await startBehindProxies()
    const service = start()
    const { apiUrl } = await service.waitForReady()
    const url = apiUrl ?? ''
    await submitTo(url)
    const submissions = Array.from({ length: 200 }, async (_, index) => {
      if (index === 50) postgres.reset()
      if (index === 100) postgres.cut()
      return await submitTo(url, { 'idempotency-key': `key-${index}` })
    })
    const answers = await Promise.all(submissions)
    expect(new Set(answers.map(({ status }) => status)).size).toBeGreaterThan(0)
    expect(answers.filter(({ status }) => ![202, 503].includes(status))).toEqual([])
    postgres.restore()
    const again = await Promise.all(
      answers.map((_, index) => submitPatiently(url, { 'idempotency-key': `key-${index}` })),
    )
    expect(again.map(({ status }) => status)).toEqual(answers.map(() => 202))
    const stored = new Set(
      (await db.selectFrom('open_tasks').select('task_id').execute()).map((row) => row.task_id),
    )
    for (const [index, first] of answers.entries()) {
      if (first.status === 202) expect(again[index]?.json.id).toBe(first.json.id)
      expect(stored).toContain(again[index]?.json.id)
    }
    expect(stored.size).toBe(201)
  }, 60_000)

  test('that is frozen, every request has its 503 within seconds, and what was refused unsent is not done later', async () => {
    const { db, postgres, start } = await startBehindProxies()
    const { apiUrl } = await start().waitForReady()
    const url = apiUrl ?? ''
    const { id } = (await submitTo(url)).json
    postgres.blackhole()
    const startedAtMs = performance.now()
    const answers = await Promise.all([
      ...['/tasks', '/queues', `/tasks/${id}`, `/tasks/${id}/result`, '/dead-letters'].map((path) =>
        callApi(url, `GET /api/v1${path}`),
      ),
      callApi(url, `POST /api/v1/tasks/${id}/cancel`),
      ...Array.from({ length: 30 }, () => submitTo(url)),
      submitTo(url, { 'idempotency-key': 'frozen' }),
    ])
    expect(performance.now() - startedAtMs).toBeLessThan(15_000)
    expect(answers.filter(({ json }) => json.code !== 'DATABASE_UNAVAILABLE')).toEqual([])
    expect(answers[0]?.json.detail).toContain('Idempotency-Key')
    // As long as a batch that was already with the ledger may still be tried.
    for (let count = 0; count < 2; count += 1)
      expect((await callApi(url, 'GET /api/v1/tasks')).status).toBe(503)
    postgres.restore()
    await waitFor(async () => (await submitTo(url)).status === 202, 'the ledger to be used again', {
      deadlineMs: 30_000,
    })
    expect((await submitTo(url, { 'idempotency-key': 'frozen' })).status).toBe(202)
    expect((await db.selectFrom('tasks').select('id').execute()).length).toBeLessThan(10)
  }, 60_000)

  test('the process stops within its grace, also when Postgres has frozen', async () => {
    const { postgres, start } = await startBehindProxies({ SHUTDOWN_GRACE_MS: '6000' })
    const service = start()
    const { apiUrl } = await service.waitForReady()
    postgres.blackhole()
    // Never answered: the connection ends with the process.
    const submission = submitTo(apiUrl ?? '').catch(() => null)
    await waitFor(async () => (await readinessOf(apiUrl ?? '')).status === 503, 'the api to miss the ledger')
    expect(await service.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    await submission
  }, 30_000)
})

describe('without RabbitMQ', () => {
  test('tasks are accepted, the api is ready, and queues say what is not known', async () => {
    const { rabbit, start } = await startBehindProxies()
    rabbit.cut()
    const url = await addressOf(start())
    await waitFor(async () => (await readinessOf(url)).status === 200, 'the api to be ready')
    expect((await readinessOf(url)).broker).toContain('degraded')
    const { status, json } = await submitTo(url)
    expect({ status, state: json.state }).toEqual({ status: 202, state: 'waiting' })
    const queue = (await callApi(url, 'GET /api/v1/queues/normal')).json
    expect(queue).toMatchObject({
      ready: null,
      consumers: null,
      unacknowledged: null,
      waiting: 1,
      note: expect.stringContaining('did not answer'),
    })
    rabbit.restore()
    await waitFor(async () => (await readinessOf(url)).broker === 'ok', 'the api to be connected', {
      deadlineMs: 20_000,
    })
  }, 40_000)

  test('a task whose ticket was cut off is accepted and stays for release', async () => {
    const { db, rabbit, start } = await startBehindProxies()
    const { apiUrl } = await start().waitForReady()
    const url = apiUrl ?? ''
    await waitFor(async () => (await readinessOf(url)).broker === 'ok', 'the api to be connected')
    rabbit.blackhole()
    const { status, json } = await submitTo(url)
    expect(status).toBe(202)
    rabbit.cut()
    const row = await db
      .selectFrom('open_tasks')
      .selectAll()
      .where('task_id', '=', json.id)
      .executeTakeFirstOrThrow()
    expect(row.confirmed_at).toBeNull()
  }, 30_000)
})

test('a queue that somebody declared otherwise is one clear message and the end', async () => {
  const { vhost, start } = await startBehindProxies()
  await vhost.manage('PUT', `/queues/${vhost.vhost}/${ERROR_QUEUE}`, {
    durable: true,
    arguments: { 'x-queue-type': 'classic' },
  })
  const service = start()
  expect(await service.exited).toEqual({ code: 1, signal: null })
  const fatal = service.logs.find((line) => line['level'] === 'fatal')
  expect(JSON.stringify(fatal)).toContain(ERROR_QUEUE)
}, 30_000)

test.each([
  [{ ADMIN_API_KEY: 'short' }, 'ADMIN_API_KEY'],
  [{ HOST: '203.0.113.1' }, 'HOST'],
])(
  'with the setting %j the process ends and names it',
  async (env, name) => {
    const { start } = await startBehindProxies(env)
    const service = start()
    expect((await service.exited).code).toBe(1)
    expect(JSON.stringify(service.logs)).toContain(name)
  },
  30_000,
)

describe('a process that is asked to stop', () => {
  const stopWhile = async (api: ApiUnderTest) => await api.service.kill('SIGTERM')

  test('answers those who wait with the present state, closes idle connections, and ends', async () => {
    const api = await startApi()
    const { json } = await api.call('POST', '/api/v1/tasks', { body: addition })
    const waiting = api.call('GET', `/api/v1/tasks/${json.id}/result`, { headers: { prefer: 'wait=60' } })
    // A second look at the same task shows that the first request is there: both are on one poller.
    await api.call('GET', `/api/v1/tasks/${json.id}/status`, { headers: { prefer: 'wait=1' } })
    const [exit, answer] = await Promise.all([stopWhile(api), waiting])
    expect(exit).toEqual({ code: 0, signal: null })
    expect(answer.status).toBe(202)
  }, 30_000)

  test('has noted every confirm that it heard', async () => {
    const api = await startApi()
    const body = Array.from({ length: 50 }, () => addition)
    await api.call('POST', '/api/v1/tasks/bulk', { body })
    expect((await stopWhile(api)).code).toBe(0)
    const rows = await api.db.selectFrom('open_tasks').select(['confirmed_at', 'taken_until']).execute()
    expect(rows.filter((row) => row.confirmed_at === null && row.taken_until !== null)).toEqual([])
    expect(rows).toHaveLength(50)
  }, 30_000)

  test('finishes what it had begun under load: each answer that came is true', async () => {
    const api = await startApi()
    const answers = Promise.allSettled(
      Array.from({ length: 300 }, () => api.call('POST', '/api/v1/tasks', { body: addition })),
    )
    await waitFor(
      async () => (await api.db.selectFrom('tasks').select('id').limit(1).execute()).length === 1,
      'the first task',
    )
    expect((await stopWhile(api)).code).toBe(0)
    const accepted = (await answers).flatMap((one) => (one.status === 'fulfilled' ? [one.value.json.id] : []))
    const stored = new Set((await api.db.selectFrom('tasks').select('id').execute()).map((row) => row.id))
    expect(accepted.filter((id) => !stored.has(id))).toEqual([])
  }, 30_000)
})

describe('a crash of the api', () => {
  test.each(['submit.before_commit', 'submit.committed', 'submit.published', 'submit.confirmed'])(
    'at %s leaves a task whole or not there at all',
    async (point) => {
      const api = await startApi({ CRASH_AT: point })
      const answer = await api
        .call('POST', '/api/v1/tasks', { body: addition, headers: { 'idempotency-key': 'k' } })
        .catch(() => null)
      expect(await api.service.exited).toEqual({ code: null, signal: 'SIGKILL' })
      const count = async (table: 'tasks' | 'open_tasks' | 'idempotency_keys') =>
        (await api.db.selectFrom(table).selectAll().execute()).length
      const counts = [await count('tasks'), await count('open_tasks'), await count('idempotency_keys')]
      expect(counts).toEqual(point === 'submit.before_commit' ? [0, 0, 0] : [1, 1, 1])
      if (answer !== null) expect(answer.status).toBe(202)
    },
    30_000,
  )

  test('at redrive.committed leaves the task open again under its next number', async () => {
    const api = await startApi({ CRASH_AT: 'redrive.committed' })
    const worker = await workByHand(api.db)
    const { json } = await api.call('POST', '/api/v1/tasks', { body: addition })
    const id = await worker.fail(json.id)
    await worker.carry(json.id)
    await api.call('POST', `/api/v1/dead-letters/${id}/redrive`).catch(() => null)
    expect((await api.service.exited).signal).toBe('SIGKILL')
    expect(
      await api.db.selectFrom('open_tasks').select(['task_id', 'number', 'confirmed_at']).execute(),
    ).toEqual([{ task_id: json.id, number: 2, confirmed_at: null }])
  }, 30_000)
})
