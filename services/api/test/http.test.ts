import { beforeAll, describe, expect, test } from '@jest/globals'
import { type ApiUnderTest, type CallOptions, KEY, startApi } from './api-under-test.ts'
import { rawRequest } from './raw-request.ts'

let api: ApiUnderTest

beforeAll(async () => {
  api = await startApi({ LOG_LEVEL: 'debug' })
}, 30_000)

const TASKS = '/api/v1/tasks'
const JSON_TYPE = { 'content-type': 'application/json' }
const addition = { type: 'math.add', input: { a: 2, b: 3 } }

const basic = (key: string): string => `Basic ${Buffer.from(`anyone:${key}`).toString('base64')}`

describe('everything under /api/v1', () => {
  test.each([
    ['no key', { authorization: '' }],
    ['a wrong key', { authorization: `Bearer ${KEY}x` }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a wrong password', { authorization: basic('wrong') }],
    ['another scheme', { authorization: `Digest ${KEY}` }],
  ])('is refused with %s', async (_what, headers) => {
    for (const path of [TASKS, '/api/nowhere']) {
      const { status, headers: answered, json } = await api.call('GET', path, { headers })
      expect({ status, code: json.code }).toEqual({ status: 401, code: 'AUTHENTICATION_REQUIRED' })
      expect(answered.get('www-authenticate')).toContain('Bearer')
    }
  })

  test.each([
    ['Bearer', `Bearer ${KEY}`],
    ['bearer', `bearer ${KEY}`],
    ['Basic', basic(KEY)],
  ])('is open to the key by %s', async (_scheme, authorization) => {
    expect((await api.call('GET', TASKS, { headers: { authorization } })).status).toBe(200)
  })

  test('a key in the address opens nothing', async () => {
    const { status } = await api.call('GET', `${TASKS}?key=${KEY}&access_token=${KEY}`, {
      headers: { authorization: '' },
    })
    expect(status).toBe(401)
  })

  test('another spelling of an address does not go around the key', async () => {
    for (const path of [
      '/API/v1/tasks',
      '/api/V1/tasks',
      '//api/v1/tasks',
      '/api/v1/tasks/',
      '/%61pi/v1/tasks',
    ]) {
      expect([401, 404]).toContain((await api.call('GET', path, { headers: { authorization: '' } })).status)
    }
  })
})

describe('a request for what is not there', () => {
  test('is answered with 404', async () => {
    expect(await api.call('GET', '/nowhere')).toMatchObject({
      status: 404,
      json: { code: 'ROUTE_NOT_FOUND' },
    })
    expect(await api.call('GET', '/api/v1/nowhere')).toMatchObject({
      status: 404,
      json: { code: 'ROUTE_NOT_FOUND' },
    })
    expect((await api.call('GET', '/docs/assets/..%2f..%2fpackage.json')).status).toBe(404)
  })

  test('with another method is answered with those that there are', async () => {
    const { status, headers, json } = await api.call('DELETE', TASKS)
    expect({ status, code: json.code, allow: headers.get('allow') }).toEqual({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
      allow: 'POST, GET, HEAD, OPTIONS',
    })
  })

  test('OPTIONS lists the methods, and HEAD answers like GET without a body', async () => {
    expect((await api.call('OPTIONS', TASKS)).headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS')
    const head = await api.call('HEAD', TASKS)
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' })
  })

  test.each(['/api/v1/tasks/%', '/api/v1/tasks/%ff%fe'])(
    'with the broken escape %s is answered as such',
    async (path) => {
      expect([400, 404]).toContain((await api.call('GET', path)).status)
    },
  )
})

describe('a body', () => {
  const post = (body: string, headers: Record<string, string> = JSON_TYPE, path = TASKS) =>
    api.call('POST', path, { body, headers } as CallOptions)

  test.each(['', '{', '{"type":"math.add",}', 'nope', '\u0000'])('that is %j is no JSON', async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, json: { code: 'INVALID_JSON' } })
  })

  test('that is not UTF-8 is no JSON', async () => {
    const head = `POST ${TASKS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nConnection: close\r\n`
    const answer = await rawRequest(
      api.url,
      `${head}Content-Length: 3\r\n\r\n`,
      Buffer.from([0x22, 0xff, 0x22]),
    )
    expect(answer).toContain('INVALID_JSON')
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/merge-patch+json',
    'application/json; charset=latin1',
    'application/jsonx',
  ])('of the type %s is refused', async (type) => {
    expect(await post('{}', { 'content-type': type })).toMatchObject({
      status: 415,
      json: { code: 'UNSUPPORTED_MEDIA_TYPE' },
    })
  })

  test.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'])(
    'of the type %s is read',
    async (type) => {
      expect((await post(JSON.stringify(addition), { 'content-type': type })).status).toBe(202)
    },
  )

  test('that is compressed is refused', async () => {
    const { status, json } = await post('{}', { ...JSON_TYPE, 'content-encoding': 'gzip' })
    expect({ status, code: json.code }).toEqual({ status: 415, code: 'UNSUPPORTED_CONTENT_ENCODING' })
  })

  test('of 256 KiB is the largest for one task', async () => {
    const sized = (bytes: number): string => {
      const empty = JSON.stringify({ type: 'demo.work', input: '' })
      return JSON.stringify({ type: 'demo.work', input: 'x'.repeat(bytes - empty.length) })
    }
    expect((await post(sized(262_144))).status).toBe(202)
    expect(await post(sized(262_145))).toMatchObject({ status: 413, json: { code: 'BODY_TOO_LARGE' } })
  })

  test('that is too large is refused also when its length is not announced', async () => {
    const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
    const head = `POST ${TASKS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`
    const answer = await rawRequest(
      api.url,
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
      chunk.repeat(10),
      '0\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*BODY_TOO_LARGE/)
  })

  test('of 16 MiB is the largest for a bulk submission', async () => {
    const fill = JSON.stringify([addition])
    expect((await post(fill.padEnd(16_777_216), JSON_TYPE, `${TASKS}/bulk`)).status).toBe(202)
    expect((await post(fill.padEnd(16_777_217), JSON_TYPE, `${TASKS}/bulk`)).status).toBe(413)
  })
})

describe('an answer', () => {
  test('has the headers that keep a browser from doing anything with it', async () => {
    for (const path of ['/livez', TASKS, '/nowhere']) {
      const { headers } = await api.call('GET', path)
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'strict-transport-security': expect.stringContaining('max-age='),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      })
      expect(headers.has('x-powered-by')).toBe(false)
      expect(headers.has('access-control-allow-origin')).toBe(false)
    }
  })

  test('says exactly what it is', async () => {
    expect((await api.call('GET', TASKS)).headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect((await api.call('GET', '/nowhere')).headers.get('content-type')).toBe('application/problem+json')
  })

  test('has the caller’s request id where it is harmless, else one of its own', async () => {
    const id = async (sent: string) =>
      (await api.call('GET', '/nowhere', { headers: { 'x-request-id': sent } })).json.requestId
    expect(await id('abc-123')).toBe('abc-123')
    expect(await id('a b"c')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await id('x'.repeat(200))).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('is in the log by its route, without the key', async () => {
    await api.call('GET', `${TASKS}/019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11`, {
      headers: { 'x-request-id': 'look-for-me' },
    })
    const line = await api.service.waitForLog((one) => one['requestId'] === 'look-for-me')
    expect(line).toMatchObject({
      event: 'request.answered',
      method: 'GET',
      route: '/api/v1/tasks/{id}',
      status: 404,
    })
    expect(JSON.stringify(api.service.logs)).not.toContain(KEY)
  })
})

describe('what never becomes a request', () => {
  test.each([
    ['broken HTTP', 'NONSENSE\r\n\r\n', '400', 'MALFORMED_REQUEST'],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '431',
      'HEADERS_TOO_LARGE',
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      '400',
      'MALFORMED_REQUEST',
    ],
  ])('%s is answered with a problem, and the connection ends', async (...[, bytes, status, code]) => {
    const answer = await rawRequest(api.url, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toContain('application/problem+json')
    expect(answer).toContain(code)
  })

  test.each([
    ['without a host', `GET ${TASKS} HTTP/1.1\r\nConnection: close\r\n\r\n`, '400', 'MALFORMED_REQUEST'],
    ['for a proxy', 'CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n', '400', 'MALFORMED_REQUEST'],
    [
      'with an expectation that nobody knows',
      `GET ${TASKS} HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nConnection: close\r\n\r\n`,
      '401',
      'AUTHENTICATION_REQUIRED',
    ],
  ])('a request %s is answered with a problem', async (...[, bytes, status, code]) => {
    const answer = await rawRequest(api.url, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toContain(code)
  })

  test('broken bytes behind a whole request do not take its answer', async () => {
    const body = JSON.stringify(addition)
    const head = `POST ${TASKS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`
    const answer = await rawRequest(
      api.url,
      `${head}Content-Length: ${body.length}\r\n\r\n${body}NONSENSE\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 202 /)
    expect(answer).toContain('"state":"waiting"')
  })

  test('silence is ended, before and within a request', async () => {
    const started = `POST ${TASKS} HTTP/1.1\r\nHost: x\r\n`
    const answers = await Promise.all([rawRequest(api.url), rawRequest(api.url, started)])
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*REQUEST_TIMEOUT/)
  }, 30_000)
})

describe('the reference', () => {
  test('is served whole from here, and its policy allows just that', async () => {
    const { text, headers } = await api.call('GET', '/docs')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(text).not.toMatch(/<script>|<style>| on\w+=|style=|https?:/)
    const addresses = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(addresses).toHaveLength(5)
    for (const address of addresses) expect((await fetch(`${api.url}${address}`)).status).toBe(200)
    expect((await fetch(`${api.url}/docs/assets/reference.js`)).headers.get('content-type')).toBe(
      'text/javascript; charset=utf-8',
    )
  })

  test('explains every error where its type points', async () => {
    const { json } = await api.call('GET', '/nowhere')
    const [path = '', anchor = ''] = json.type.split('#')
    expect((await api.call('GET', path)).text).toContain(`id="${anchor}"`)
  })

  test('has the document of exactly the routes that are served', async () => {
    const { json } = await api.call('GET', '/openapi.json')
    expect(json.openapi).toBe('3.1.0')
    for (const [path, methods] of Object.entries<Record<string, unknown>>(json.paths)) {
      const { headers } = await api.call('OPTIONS', path.replaceAll(/\{\w+\}/g, 'x'))
      expect(headers.get('allow')).toContain(Object.keys(methods)[0]?.toUpperCase())
    }
  })
})

test('metrics and probes are on a port of their own, without a key', async () => {
  await api.call('POST', TASKS, { body: addition })
  const metrics = await (await fetch(`${api.operationsUrl}/metrics`)).text()
  expect(metrics).toMatch(/redrive_http_requests_total\{method="POST",route="\/api\/v1\/tasks",status="202"/)
  expect(metrics).toMatch(/redrive_tasks_total\{state="accepted",type="math.add"/)
  expect(metrics).toMatch(/redrive_database_pool\{state="idle"/)
  expect((await fetch(`${api.operationsUrl}/readyz`)).status).toBe(200)
  expect((await fetch(`${api.url}/metrics`)).status).toBe(404)
})

// Last, because it uses up what this address may get wrong.
test('an address that sends many wrong keys is told to wait, and the right key is let through all the same', async () => {
  const wrong = () => api.call('GET', TASKS, { headers: { authorization: 'Bearer wrong' } })
  const answers = await Promise.all(Array.from({ length: 60 }, wrong))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]?.json.code).toBe('TOO_MANY_FAILED_AUTHENTICATIONS')
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await api.call('GET', TASKS)).status).toBe(200)
})
