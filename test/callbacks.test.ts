import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '@redrive/engines'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { CALLBACK_TAG } from '@redrive/shared/database'
import {
  onCleanup,
  REPOSITORY_FOLDER,
  type ReceivedRequest,
  type Receiver,
  startReceiver,
  waitFor,
} from '@redrive/shared/testing'
import { expectKilled } from './crash-windows/expect-killed.ts'
import type { ApiClient } from './harness/api-client.ts'
import { findLedgerViolations } from './harness/check-ledger.ts'
import { type Cluster, startCluster } from './harness/start-cluster.ts'

const KEY = Buffer.alloc(32, 'k')
const SENDING = {
  HTTP_ALLOWED_TARGETS: '127.0.0.1',
  WEBHOOK_SECRET: `whsec_${KEY.toString('base64')}`,
}

let cluster: Cluster
let client: ApiClient

beforeAll(async () => {
  cluster = await startCluster()
  const [api] = await Promise.all([
    cluster.startApi(),
    cluster.start('dispatcher'),
    cluster.start('worker', { ...SENDING, WORKER_LANES: 'high,normal' }),
  ])
  client = api.client
}, 60_000)

/** Submits a task whose ending is told to the receiver. */
const submit = (receiver: Pick<Receiver, 'url'>, task: object): Promise<string> =>
  client.submit({ ...task, tags: ['order-7'], maxAttempts: 1, callbackUrl: `${receiver.url}/hooks?shop=1` })

/** Verifies as a receiver does, by the specification and not by our code. */
function verified({ headers, body }: ReceivedRequest) {
  const content = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  expect(headers['webhook-signature']).toBe(
    `v1,${createHmac('sha256', KEY).update(content).digest('base64')}`,
  )
  expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000)).toBeLessThan(300)
  return { id: String(headers['webhook-id']), ...JSON.parse(body) }
}

async function firstNews(receiver: Receiver) {
  await waitFor(() => receiver.requests.length > 0, 'the callback')
  return verified(receiver.requests[0]!)
}

const answeredBy = (status: number) => (response: { writeHead(status: number): { end(): void } }) =>
  response.writeHead(status).end()

describe('the ending of a task is told, signed,', () => {
  test('when it succeeded', async () => {
    const receiver = await startReceiver()
    const id = await submit(receiver, { type: 'math.add', input: { a: 1, b: 2 } })
    const news = await firstNews(receiver)
    expect(news).toMatchObject({
      type: 'task.succeeded',
      data: {
        id,
        type: 'math.add',
        state: 'succeeded',
        result: { sum: '3' },
        error: null,
        tags: ['order-7'],
      },
    })
    expect(news.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(receiver.requests[0]).toMatchObject({ method: 'POST', path: '/hooks?shop=1' })
    const callback = await client.ended(news.id)
    expect(callback).toMatchObject({
      type: 'http.request',
      state: 'succeeded',
      tags: [CALLBACK_TAG],
      attempt: 1,
    })
    expect(callback.result).toMatchObject({ status: 204 })
  })

  test('when it failed', async () => {
    const receiver = await startReceiver()
    const { file } = cluster.sideLog()
    const id = await submit(receiver, { type: 'test.failing', input: { sideLog: file } })
    expect(await firstNews(receiver)).toMatchObject({
      type: 'task.failed',
      data: {
        id,
        state: 'failed',
        result: null,
        error: { type: 'PermanentError', message: 'the receiver is gone for good' },
      },
    })
  })

  test('when it was cancelled', async () => {
    const receiver = await startReceiver()
    const id = await submit(receiver, { type: 'math.add', input: { a: 1, b: 2 }, delayMs: 3_600_000 })
    expect((await client.call(`/tasks/${id}/cancel`, { body: {} })).status).toBe(200)
    expect(await firstNews(receiver)).toMatchObject({
      type: 'task.cancelled',
      data: { id, state: 'cancelled' },
    })
  })

  test('when it expired', async () => {
    const receiver = await startReceiver()
    const expiresAt = new Date(Date.now() + 1_000).toISOString()
    // No worker takes from this lane.
    const task = { type: 'math.add', input: { a: 1, b: 2 }, lane: 'low', expiresAt }
    const id = await submit(receiver, task)
    expect(await firstNews(receiver)).toMatchObject({ type: 'task.expired', data: { id, state: 'expired' } })
  })
})

test('a receiver that is down gets its news when it is back, with the same id', async () => {
  const receiver = await startReceiver({
    answer: (response) => response.writeHead(503, { 'retry-after': '1' }).end(),
  })
  await submit(receiver, { type: 'math.add', input: { a: 1, b: 2 } })
  const first = await firstNews(receiver)
  receiver.answerBy(answeredBy(204))
  const callback = await client.ended(first.id, 40_000)
  expect(callback).toMatchObject({ state: 'succeeded', attempt: 2 })
  expect(callback.attempts[0]).toMatchObject({
    outcome: 'failed',
    isCharged: true,
    error: { type: 'RetryAfter', code: 'HTTP_503' },
    // Not after the second that the receiver asks for at least.
    decision: 'Another attempt follows in 5 s; 9 of 10 are left.',
  })
  expect(receiver.requests.map((request) => verified(request).id)).toEqual([first.id, first.id])
}, 90_000)

test('a receiver that is gone makes a dead letter of the callback, and leaves the task as it is', async () => {
  const receiver = await startReceiver({ answer: answeredBy(410) })
  const id = await submit(receiver, { type: 'math.add', input: { a: 1, b: 2 } })
  const { id: callbackId } = await firstNews(receiver)
  const letter = await client.openDeadLetter(callbackId)
  expect(letter).toMatchObject({
    type: 'http.request',
    reason: 'permanent_error',
    error: { code: 'HTTP_410', message: expect.stringMatching(/\/hooks was answered by 410 Gone$/) },
  })
  expect(JSON.stringify(letter)).not.toContain(SENDING.WEBHOOK_SECRET)
  expect(await client.ended(id)).toMatchObject({ state: 'succeeded' })
  // Nobody is told of the callback's own ending.
  const { body } = await client.call(`/tasks?tag=${encodeURIComponent(CALLBACK_TAG)}&state=failed`)
  expect(body.items).toHaveLength(1)

  receiver.answerBy(answeredBy(204))
  expect((await client.call(`/dead-letters/${letter.id}/redrive`, { body: {} })).status).toBe(202)
  await waitFor(() => receiver.requests.length === 2, 'the redriven callback')
  expect(verified(receiver.requests[1]!).id).toBe(callbackId)
})

test('without a secret nothing is sent, and the dead letter names the setting', async () => {
  const other = await startCluster()
  const [api] = await Promise.all([
    other.startApi(),
    other.start('dispatcher'),
    other.start('worker', { HTTP_ALLOWED_TARGETS: '127.0.0.1' }),
  ])
  const receiver = await startReceiver()
  const id = await api.client.submit({
    type: 'http.request',
    input: { url: receiver.url, body: {}, sign: true },
  })
  const letter = await api.client.openDeadLetter(id)
  expect(letter.error.message).toContain('WEBHOOK_SECRET')
  expect(receiver.requests).toEqual([])
}, 60_000)

test('a loopback receiver that nobody has listed gets nothing', async () => {
  const other = await startCluster()
  const [api] = await Promise.all([other.startApi(), other.start('dispatcher'), other.start('worker')])
  const receiver = await startReceiver()
  const ids = await Promise.all(
    [receiver.url, `https://localhost:${receiver.port}/`, 'https://[::ffff:169.254.169.254]/'].map((url) =>
      api.client.submit({ type: 'http.request', input: { url } }),
    ),
  )
  for (const id of ids) {
    const { error } = await api.client.openDeadLetter(id)
    expect(error).toMatchObject({
      code: 'TARGET_REFUSED',
      message: expect.stringContaining('HTTP_ALLOWED_TARGETS'),
    })
  }
  expect(receiver.requests).toEqual([])
}, 60_000)

test('a worker killed between the answer and its commit sends again under the same id', async () => {
  const crashing = await startCluster()
  const [api] = await Promise.all([crashing.startApi(), crashing.start('dispatcher')])
  const doomed = await crashing.start('worker', { ...SENDING, CRASH_AT: 'finish.before_commit' })
  const receiver = await startReceiver()
  const id = await api.client.submit({
    type: 'http.request',
    input: { url: receiver.url, body: { order: 7 }, sign: true },
  })
  await expectKilled(doomed)
  expect(receiver.requests).toHaveLength(1)
  await crashing.start('worker', SENDING)
  const task = await api.client.ended(id)
  expect(task.attempts.map((attempt: { outcome: string }) => attempt.outcome)).toEqual(['lost', 'succeeded'])
  expect(receiver.requests.map((request) => verified(request).id)).toEqual([id, id])
  expect(await findLedgerViolations(crashing.database)).toEqual([])
}, 90_000)

test('an input that cannot be sent is refused by the api, with the name of its field', async () => {
  const refused = async (input: object) => {
    const { status, body } = await client.call('/tasks', { body: { type: 'http.request', input } })
    return [status, JSON.stringify(body.errors)]
  }
  expect(await refused({ url: 'ftp://example.com' })).toEqual([422, expect.stringContaining('/input/url')])
  expect(await refused({ url: 'https://example.com', timeoutMs: 1 })).toEqual([
    422,
    expect.stringContaining('/input/timeoutMs'),
  ])
  expect(await refused({ url: 'https://example.com', headers: { 'a b': 'x' } })).toEqual([
    422,
    expect.stringContaining('/input/headers'),
  ])
  expect(await refused({ url: 'https://example.com', verb: 'GET' })).toEqual([
    422,
    expect.stringContaining('/input/verb'),
  ])
})

/** The receiver of docs/http-request.md as a process of its own, with what it has printed. */
async function startDocumentedReceiver() {
  const page = readFileSync(join(REPOSITORY_FOLDER, 'docs/http-request.md'), 'utf8')
  const [, source = ''] = /```js file=receiver\.mjs\n(.*?)```/s.exec(page) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'redrive-receiver-'))
  const file = join(folder, 'receiver.mjs')
  writeFileSync(file, source)
  const { receiver: port } = await freePorts(['receiver'])
  const child = spawn(process.execPath, [file], {
    env: { PORT: String(port), WEBHOOK_SECRET: SENDING.WEBHOOK_SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onCleanup(() => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const printed: string[] = []
  child.stdout.on('data', (data: Buffer) => printed.push(data.toString()))
  const url = `http://127.0.0.1:${port}`
  await waitFor(async () => (await fetch(url)).status === 401, 'the receiver to listen')
  return { url, printed }
}

test('the receiver of the documentation takes genuine news, and refuses what is forged or old', async () => {
  const { url, printed } = await startDocumentedReceiver()
  const id = await submit({ url }, { type: 'math.add', input: { a: 1, b: 2 } })
  await waitFor(() => printed.length > 0, 'the news to be printed')
  expect(JSON.parse(printed.join(''))).toMatchObject({ type: 'task.succeeded', data: { id } })

  const send = async (key: Buffer, ageS: number): Promise<number> => {
    const sentAt = String(Math.floor(Date.now() / 1_000) - ageS)
    const signature = createHmac('sha256', key).update(`a.${sentAt}.{}`).digest('base64')
    const headers = { 'webhook-id': 'a', 'webhook-timestamp': sentAt, 'webhook-signature': `v1,${signature}` }
    return (await fetch(url, { method: 'POST', body: '{}', headers })).status
  }
  expect(await send(KEY, 0)).toBe(204)
  expect(await send(Buffer.alloc(32, 'x'), 0)).toBe(401)
  expect(await send(KEY, 600)).toBe(401)
})
