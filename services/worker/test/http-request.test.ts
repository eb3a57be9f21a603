import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type HandlerContext, parseAllowedTarget } from '@redrive/shared/task'
import { onCleanup, type Receiver, startReceiver, waitFor } from '@redrive/shared/testing'
import { createHttpRequest, type HttpRequestOptions } from '../src/types/http-request.ts'
import { signWebhook } from '../src/http/sign-webhook.ts'
import { TLS_FIXTURE } from './tls-fixture.ts'

const TASK_ID = '019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11'
const KEYS = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
/** What may be on its way in the buffers of both ends, when the receiver is hung up on. */
const IN_BUFFERS = 32_000_000
const LOOPBACK = parseAllowedTarget('127.0.0.1')!

interface Run extends Partial<HttpRequestOptions> {
  readonly signal?: AbortSignal
}

/** Runs the handler as the worker does, with the loopback interface opened. */
// oxlint-disable-next-line typescript/no-explicit-any
async function run(input: object, { signal, ...options }: Run = {}): Promise<any> {
  const type = createHttpRequest({ allowedTargets: [LOOPBACK], webhookKeys: KEYS, ...options })
  const context = { taskId: TASK_ID, attempt: 1, signal: signal ?? new AbortController().signal }
  return type.handler(type.input.parse(input) as never, context as HandlerContext)
}

async function failureOf(input: object, options: Run = {}) {
  const thrown = await run(input, options).then(
    () => null,
    (error: unknown) => error,
  )
  return thrown as { name: string; message: string; code?: string; delayMs?: number } | null
}

/** A receiver below HTTP: does with the connection what it likes. Says how much it could send, and whether it was hung up on. */
async function startHostile(attack: (socket: Socket) => void) {
  const state = { sent: 0, closed: 0, connections: 0 }
  const server = createServer((socket) => {
    state.connections += 1
    socket.on('error', () => {})
    socket.on('close', () => {
      state.sent += socket.bytesWritten
      state.closed += 1
    })
    socket.once('data', () => attack(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onCleanup(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, state }
}

/** Writes as fast as the other side reads, for ever. */
function flood(socket: Socket, chunk: Buffer): void {
  while (!socket.destroyed && socket.write(chunk));
  if (!socket.destroyed) socket.once('drain', () => flood(socket, chunk))
}

let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
})

describe('what is sent', () => {
  test('JSON by POST, with a content type and the name of the sender', async () => {
    await run({ url: `${receiver.url}/a?b=c`, body: { total: 7 }, headers: { 'X-Own': 'mine' } })
    expect(receiver.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: '/a?b=c',
      body: '{"total":7}',
      headers: { 'content-type': 'application/json', 'content-length': '11', 'x-own': 'mine' },
    })
    expect(receiver.requests.at(-1)?.headers['user-agent']).toBe('Redrive')
    expect(receiver.requests.at(-1)?.headers['webhook-id']).toBeUndefined()
  })

  test('a text as it is, with the type that was asked for or as plain text', async () => {
    await run({ url: receiver.url, body: 'grün', method: 'PUT' })
    expect(receiver.requests.at(-1)).toMatchObject({
      method: 'PUT',
      body: 'grün',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': '5' },
    })
    await run({ url: receiver.url, body: '<a/>', headers: { 'Content-Type': 'text/xml' } })
    expect(receiver.requests.at(-1)?.headers['content-type']).toBe('text/xml')
  })

  test('nothing by GET, and by DELETE if asked', async () => {
    await run({ url: receiver.url })
    await run({ url: receiver.url, method: 'DELETE' })
    expect(receiver.requests.slice(-2).map(({ method, body }) => [method, body])).toEqual([
      ['GET', ''],
      ['DELETE', ''],
    ])
  })

  test('a signature over the bytes of the body, by every key, with the id of the task', async () => {
    await run({ url: receiver.url, body: { ö: 1 }, sign: true })
    const { headers, body } = receiver.requests.at(-1)!
    const timestampS = Number(headers['webhook-timestamp'])
    expect(Math.abs(timestampS - Date.now() / 1_000)).toBeLessThan(60)
    expect(headers).toMatchObject(signWebhook({ id: TASK_ID, timestampS, body: Buffer.from(body) }, KEYS))
    expect(String(headers['webhook-signature']).split(' ')).toHaveLength(2)
  })

  test('nothing at all when a signature is asked for and there is no secret', async () => {
    const before = receiver.requests.length
    const error = await failureOf({ url: receiver.url, body: {}, sign: true }, { webhookKeys: [] })
    expect(error).toMatchObject({
      name: 'PermanentError',
      message: expect.stringContaining('WEBHOOK_SECRET'),
    })
    expect(receiver.requests).toHaveLength(before)
  })
})

describe('an answer', () => {
  test('of success is the result: status, headers but no cookies, and the body as what it is', async () => {
    receiver.answerBy((response) =>
      response
        .writeHead(201, { 'content-type': 'application/json', 'set-cookie': 'session=secret', etag: '"1"' })
        .end('{"id":7}'),
    )
    const result = await run({ url: receiver.url })
    expect(result).toMatchObject({
      status: 201,
      headers: { 'content-type': 'application/json', etag: '"1"' },
      body: { encoding: 'json', value: { id: 7 }, isTruncated: false, bytes: 8 },
      durationMs: expect.any(Number),
    })
    expect(JSON.stringify(result)).not.toContain('secret')
  })

  test.each([301, 302, 307, 400, 401, 403, 404, 409, 410, 413, 422, 304])(
    'of %d is permanent',
    async (status) => {
      receiver.answerBy((response) => response.writeHead(status).end())
      expect(await failureOf({ url: receiver.url, body: {} })).toMatchObject({
        name: 'PermanentError',
        code: `HTTP_${status}`,
      })
    },
  )

  test.each([408, 425, 429, 500, 501, 502, 503, 504, 520])('of %d may pass', async (status) => {
    receiver.answerBy((response) => response.writeHead(status).end())
    expect(await failureOf({ url: receiver.url })).toMatchObject({
      name: 'HttpRequestError',
      code: `HTTP_${status}`,
    })
  })

  test.each([
    [429, '7', 7_000],
    [503, 'Sun, 01 Mar 2026 12:00:09 GMT', 9_000],
    [503, '0', 0],
  ])('of %d with Retry-After: %s is retried after that time', async (status, header, delayMs) => {
    const headers = { 'retry-after': header, date: 'Sun, 01 Mar 2026 12:00:00 GMT' }
    receiver.answerBy((response) => response.writeHead(status, headers).end())
    expect(await failureOf({ url: receiver.url })).toMatchObject({
      name: 'RetryAfter',
      delayMs,
      isLeast: true,
    })
  })

  test('of failure is told with its first words, and without what may be secret', async () => {
    receiver.answerBy((response) =>
      response.writeHead(422).end(`{"error":\n"no such order"}${'x'.repeat(5_000)}`),
    )
    const error = await failureOf({
      url: `${receiver.url}/orders?token=hidden`,
      headers: { authorization: 'Bearer hidden' },
      body: { card: 'hidden' },
    })
    expect(error?.message).toMatch(
      /^POST http:\/\/127\.0\.0\.1:\d+\/orders was answered by 422 Unprocessable Entity: "\{'error': 'no such order'\}x+…"$/,
    )
    expect(error?.message.length).toBeLessThan(400)
    expect(error?.message).not.toContain('hidden')
  })

  test('that redirects says where to, and is not followed', async () => {
    const location = 'http://169.254.169.254/latest/meta-data/?token=hidden'
    receiver.answerBy((response) => response.writeHead(302, { location }).end())
    const before = receiver.requests.length
    const error = await failureOf({ url: receiver.url })
    expect(error?.message).toContain(
      '302 Found, which points to http://169.254.169.254/latest/meta-data/ and is not followed',
    )
    expect(error?.message).not.toContain('hidden')
    expect(receiver.requests).toHaveLength(before + 1)
  })
})

describe('a target is refused', () => {
  const refused = { name: 'PermanentError', code: 'TARGET_REFUSED' }

  test('before any connection when its host has one address that is not public', async () => {
    const resolve = async () => [
      { address: '1.1.1.1', family: 4 },
      { address: '10.0.0.7', family: 4 },
    ]
    const error = await failureOf({ url: 'https://rebound.example/x?y' }, { resolve })
    expect(error).toMatchObject(refused)
    expect(error?.message).toMatch(
      /^GET https:\/\/rebound\.example\/x was refused before it was sent: it leads to a private address\..*HTTP_ALLOWED_TARGETS/,
    )
    expect(error?.message).not.toContain('10.0.0.7')
  })

  test.each(['https://127.0.0.1/', 'https://0x7f.1/', 'https://[::ffff:a9fe:a9fe]/', 'https://localhost/'])(
    '%s, when nothing is listed',
    async (url) => {
      expect(await failureOf({ url }, { allowedTargets: [] })).toMatchObject(refused)
    },
  )

  test('on a port that is not listed, although its address is', async () => {
    const allowedTargets = [parseAllowedTarget('127.0.0.1:1')!]
    expect(await failureOf({ url: receiver.url }, { allowedTargets })).toMatchObject(refused)
  })
})

test('a host is resolved once, so an answer that changes afterwards is never asked for', async () => {
  receiver.answerBy((response) => response.writeHead(204).end())
  const answers = ['127.0.0.1', '169.254.169.254']
  let asked = 0
  const resolve = async () => [{ address: answers[asked++] ?? '169.254.169.254', family: 4 }]
  const before = receiver.requests.length
  const result = await run({ url: `http://rebinding.example:${receiver.port}/` }, { resolve })
  expect(result.status).toBe(204)
  expect(asked).toBe(1)
  expect(receiver.requests.slice(before).map(({ headers }) => headers.host)).toEqual([
    `rebinding.example:${receiver.port}`,
  ])
  // Another request asks anew, and is refused by the new answer.
  expect(await failureOf({ url: `http://rebinding.example:${receiver.port}/` }, { resolve })).toMatchObject({
    code: 'TARGET_REFUSED',
  })
})

describe('over TLS', () => {
  let secure: Receiver
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  beforeAll(async () => {
    setDefaultCACertificates([TLS_FIXTURE.cert])
    secure = await startReceiver({ tls: TLS_FIXTURE })
  })
  afterAll(() => setDefaultCACertificates([]))

  test('the certificate is checked by the name, while the connection goes to the judged address', async () => {
    expect((await run({ url: `https://hooks.example:${secure.port}/` }, { resolve })).status).toBe(204)
    expect((await run({ url: `https://hooks.example.:${secure.port}/` }, { resolve })).status).toBe(204)
    const wrong = await failureOf({ url: `https://other.example:${secure.port}/` }, { resolve })
    expect(wrong).toMatchObject({ name: 'HttpRequestError', code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  test('a receiver that does not speak it may learn it', async () => {
    const error = await failureOf({ url: `https://127.0.0.1:${receiver.port}/` })
    expect(error).toMatchObject({
      name: 'HttpRequestError',
      message: expect.stringContaining('got no answer'),
    })
  })
})

describe('a connection fault may pass:', () => {
  test('a refused one', async () => {
    const closed = await startReceiver()
    await closed.close()
    expect(await failureOf({ url: closed.url })).toMatchObject({
      name: 'HttpRequestError',
      code: 'ECONNREFUSED',
      message: expect.stringMatching(/got no answer: connect ECONNREFUSED/),
    })
  })

  test('a name that is not found', async () => {
    const resolve = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), { code: 'ENOTFOUND' }))
    expect(await failureOf({ url: 'https://nowhere.example/' }, { resolve })).toMatchObject({
      name: 'HttpRequestError',
      code: 'ENOTFOUND',
    })
  })

  test.each<[string, (socket: Socket) => void, string]>([
    ['a reset one', (socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['one that ends without an answer', (socket) => socket.end(), 'ECONNRESET'],
    [
      'one that ends within the body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'),
      'ECONNRESET',
    ],
    [
      'one that speaks something else',
      (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
      'HPE_INVALID_CONSTANT',
    ],
    [
      'one that changes to another protocol',
      (socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nbytes'),
      'ECONNRESET',
    ],
    [
      'one with huge headers',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        flood(socket, Buffer.from(`x: ${'y'.repeat(8_000)}\r\n`))
      },
      'HPE_HEADER_OVERFLOW',
    ],
  ])('%s', async (_, attack, code) => {
    const hostile = await startHostile(attack)
    expect(await failureOf({ url: hostile.url })).toMatchObject({ name: 'HttpRequestError', code })
    await waitFor(() => hostile.state.closed === 1, 'the connection to be closed')
    expect(hostile.state.sent).toBeLessThan(IN_BUFFERS)
  })
})

describe('a receiver that takes its time is left after timeoutMs:', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['it never answers', () => {}],
    ['its headers come in drops', (socket) => socket.write('HTTP/1.1 200 OK\r\nx: ')],
    [
      'it asks to be patient for ever',
      (socket) => flood(socket, Buffer.from('HTTP/1.1 102 Processing\r\n\r\n')),
    ],
    ['its body comes in drops', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx')],
  ])('%s', async (_, attack) => {
    const hostile = await startHostile(attack)
    const error = await failureOf({ url: hostile.url, timeoutMs: 300 })
    expect(error).toMatchObject({ name: 'HttpRequestError', code: 'ETIMEDOUT' })
    expect(error?.message).toMatch(/got no complete answer within 300 ms$/)
    await waitFor(() => hostile.state.closed === 1, 'the connection to be closed')
  })

  test('its name is looked up for ever', async () => {
    const error = await failureOf(
      { url: 'https://slow.example/', timeoutMs: 300 },
      { resolve: () => new Promise(() => {}) },
    )
    expect(error).toMatchObject({ code: 'ETIMEDOUT' })
  })
})

describe('of a large answer only the beginning is read:', () => {
  test('an endless body', async () => {
    const hostile = await startHostile((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n')
      flood(socket, Buffer.alloc(65_536, 'a'))
    })
    const { body } = await run({ url: hostile.url })
    expect(body).toMatchObject({ encoding: 'utf8', isTruncated: true, bytes: 65_536 })
    await waitFor(() => hostile.state.closed === 1, 'the connection to be closed')
    expect(hostile.state.sent).toBeLessThan(IN_BUFFERS)
  })

  test('one that says it has gigabytes', async () => {
    const hostile = await startHostile((socket) => {
      socket.write('HTTP/1.1 500 Oh\r\ncontent-length: 9000000000\r\n\r\n')
      flood(socket, Buffer.alloc(65_536, 'a'))
    })
    const error = await failureOf({ url: hostile.url })
    expect(error?.message.length).toBeLessThan(400)
    expect(error).toMatchObject({ code: 'HTTP_500' })
    await waitFor(() => hostile.state.closed === 1, 'the connection to be closed')
  })

  test('a compressed one, which stays compressed', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    receiver.answerBy((response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
    )
    const { body } = await run({ url: receiver.url })
    expect(body).toMatchObject({ encoding: 'base64', bytes: Math.min(bomb.length, 65_536) })
    expect(body.value.length).toBeLessThan(90_000)
  })

  test('one that fills the limit exactly is whole', async () => {
    receiver.answerBy((response) => response.writeHead(200).end(Buffer.alloc(65_536, 'a')))
    expect((await run({ url: receiver.url })).body).toMatchObject({ isTruncated: false, bytes: 65_536 })
  })
})

test('a request that is told to stop stops at once, and its connection is closed', async () => {
  const hostile = await startHostile(() => {})
  const abort = new AbortController()
  const running = failureOf({ url: hostile.url }, { signal: abort.signal })
  await waitFor(() => hostile.state.connections === 1, 'the connection')
  abort.abort()
  expect(await running).toMatchObject({ name: 'AbortError' })
  await waitFor(() => hostile.state.closed === 1, 'the connection to be closed')
})

test('a HEAD request has an answer without a body', async () => {
  receiver.answerBy((response) => response.writeHead(200, { 'content-length': 5 }).end())
  expect(await run({ url: receiver.url, method: 'HEAD' })).toMatchObject({
    status: 200,
    body: { bytes: 0, isTruncated: false },
  })
})
