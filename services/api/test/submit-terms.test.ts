import { beforeAll, describe, expect, test } from '@jest/globals'
import { type ApiUnderTest, type Called, startApi } from './api-under-test.ts'

let api: ApiUnderTest

beforeAll(async () => {
  api = await startApi()
}, 30_000)

const addition = { type: 'math.add', input: { a: 2, b: 3 } }
const submit = (more: object, headers: Record<string, string> = {}): Promise<Called> =>
  api.call('POST', '/api/v1/tasks', { body: { ...addition, ...more }, headers })
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

describe('a submission with terms of its own', () => {
  test('is shown with them, at once and later', async () => {
    const terms = {
      expiresAt: inMs(3_600_000),
      retry: { strategy: 'list', delaysMs: [1_000, 60_000], maxAgeMs: 86_400_000 },
      maxAttempts: 3,
      user: 'Ada Lovelace 🙂',
      callbackUrl: 'https://example.com:8443/hooks?from=redrive',
    }
    const { status, json } = await submit(terms)
    expect([status, json]).toEqual([202, expect.objectContaining(terms)])
    expect((await api.call('GET', `/api/v1/tasks/${json.id}`)).json).toMatchObject(terms)
    const [listed] = (await api.call('GET', '/api/v1/tasks?limit=1')).json.items
    expect(listed).toMatchObject(terms)
  })

  test('without them shows that there are none', async () => {
    const { json } = await submit({})
    expect(json).toMatchObject({ expiresAt: null, retry: null, user: null, callbackUrl: null })
  })

  test('may name its attempts in the policy or beside it, or twice the same', async () => {
    for (const terms of [
      { retry: { maxAttempts: 2 } },
      { maxAttempts: 2 },
      { maxAttempts: 2, retry: { maxAttempts: 2 } },
    ])
      expect((await submit(terms)).json).toMatchObject({ maxAttempts: 2, retry: null })
  })

  test('is answered the same, byte for byte, when it is repeated after its deadline', async () => {
    const terms = {
      expiresAt: inMs(1_500).replace('Z', '123+00:00'),
      retry: { maxAttempts: 4, jitter: 'none', delaysMs: [1], maxAgeMs: null, strategy: 'list' },
      user: 'u',
      callbackUrl: 'http://localhost:1/x',
      delayMs: 1_000,
    }
    const key = { 'idempotency-key': 'terms' }
    const first = await submit(terms, key)
    expect(first.status).toBe(202)
    const second = await submit(terms, key)
    expect([second.text, second.headers.get('idempotency-replayed')]).toEqual([first.text, 'true'])
    // Such a submission is refused by now, but for its key.
    while ((await submit(terms)).status !== 422);
    expect((await submit(terms, key)).text).toBe(first.text)
  })

  test('in bulk keeps each task’s own', async () => {
    const tasks = [
      { ...addition, user: 'one' },
      { ...addition, retry: { strategy: 'fixed', baseDelayMs: 5 } },
    ]
    const { json } = await api.call('POST', '/api/v1/tasks/bulk', { body: tasks })
    const [one, two] = await Promise.all(
      json.ids.map(async (id: string) => (await api.call('GET', `/api/v1/tasks/${id}`)).json),
    )
    expect(one).toMatchObject({ user: 'one', retry: null })
    expect(two).toMatchObject({ user: null, retry: { strategy: 'fixed', baseDelayMs: 5 } })
  })
})

test.each([
  ['a deadline that has passed', { expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt', 'in the future'],
  ['a deadline without a zone', { expiresAt: '2099-01-01T00:00:00' }, '/expiresAt', 'a time with its zone'],
  ['a deadline that is no time', { expiresAt: 5 }, '/expiresAt', 'a text'],
  ['a deadline in a thousand years', { expiresAt: '3026-01-01T00:00:00Z' }, '/expiresAt', 'further ahead'],
  [
    'a deadline before its due time',
    { expiresAt: inMs(600_000), runAt: inMs(1_200_000) },
    '/expiresAt',
    'must be after "runAt"',
  ],
  [
    'a deadline at its due time',
    { expiresAt: '2030-01-01T01:00:00+01:00', runAt: '2030-01-01T00:00:00Z' },
    '/expiresAt',
    'must be after "runAt"',
  ],
  [
    'a deadline before its delay is over',
    { expiresAt: inMs(600_000), delayMs: 1_200_000 },
    '/expiresAt',
    '"delayMs"',
  ],
  ['a policy that is no object', { retry: 3 }, '/retry', 'an object'],
  ['an unknown field of a policy', { retry: { maxAttempt: 3 } }, '/retry/maxAttempt', 'not a known property'],
  [
    'an unknown strategy',
    { retry: { strategy: 'random' } },
    '/retry/strategy',
    'one of "fixed", "linear", "exponential", "list"',
  ],
  ['a list without delays', { retry: { strategy: 'list' } }, '/retry/delaysMs', 'needs its delays'],
  ['an empty list', { retry: { strategy: 'list', delaysMs: [] } }, '/retry/delaysMs', 'at least 1 elements'],
  ['delays without the strategy', { retry: { delaysMs: [1] } }, '/retry/delaysMs', '"strategy": "list"'],
  [
    'a negative delay in a list',
    { retry: { strategy: 'list', delaysMs: [1, -1] } },
    '/retry/delaysMs/1',
    'at least 0',
  ],
  [
    'a list too long',
    { retry: { strategy: 'list', delaysMs: Array.from({ length: 101 }, () => 1) } },
    '/retry/delaysMs',
    'at most 100 elements',
  ],
  ['a negative base', { retry: { baseDelayMs: -1 } }, '/retry/baseDelayMs', 'at least 0'],
  ['half a millisecond', { retry: { baseDelayMs: 0.5 } }, '/retry/baseDelayMs', 'a whole number'],
  ['a factor below one', { retry: { factor: 0.5 } }, '/retry/factor', 'at least 1'],
  ['a greatest delay of centuries', { retry: { maxDelayMs: 9e15 } }, '/retry/maxDelayMs', 'at most'],
  ['half a jitter', { retry: { jitter: 'half' } }, '/retry/jitter', 'one of "full", "none"'],
  ['no age at all', { retry: { maxAgeMs: 0 } }, '/retry/maxAgeMs', 'at least 1'],
  ['no attempts in the policy', { retry: { maxAttempts: 0 } }, '/retry/maxAttempts', 'at least 1'],
  [
    'two numbers of attempts',
    { maxAttempts: 3, retry: { maxAttempts: 4 } },
    '/retry/maxAttempts',
    'differs from "maxAttempts", which is 3',
  ],
  ['an empty user', { user: '' }, '/user', 'at least 1 characters'],
  ['a user too long', { user: 'x'.repeat(101) }, '/user', 'at most 100 characters'],
  ['a user that is a number', { user: 5 }, '/user', 'a text'],
  ['a user with U+0000', { user: 'a\u0000b' }, '/user', 'U+0000'],
  [
    'an address without a scheme',
    { callbackUrl: 'example.com/hooks' },
    '/callbackUrl',
    'begins with https://',
  ],
  [
    'an address of another scheme',
    { callbackUrl: 'ftp://example.com' },
    '/callbackUrl',
    'begins with https://',
  ],
  ['a script', { callbackUrl: 'javascript:alert(1)' }, '/callbackUrl', 'begins with https://'],
  [
    'an address without slashes',
    { callbackUrl: 'https:example.com' },
    '/callbackUrl',
    'begins with https://',
  ],
  ['an address without a host', { callbackUrl: 'https:///x' }, '/callbackUrl', 'begins with https://'],
  [
    'an address with a space',
    { callbackUrl: 'https://example.com/ x' },
    '/callbackUrl',
    'begins with https://',
  ],
  [
    'an address with a port too high',
    { callbackUrl: 'https://a.b:70000' },
    '/callbackUrl',
    'begins with https://',
  ],
  ['an address with a password', { callbackUrl: 'https://u:p@example.com' }, '/callbackUrl', 'a password'],
  ['an address with a user', { callbackUrl: 'https://u@example.com' }, '/callbackUrl', 'a user'],
  [
    'an address too long',
    { callbackUrl: `https://example.com/${'x'.repeat(2_000)}` },
    '/callbackUrl',
    'at most 2000 characters',
  ],
])('%s is refused with its place', async (...[, terms, path, words]) => {
  for (const answer of [
    await submit(terms),
    await api.call('POST', '/api/v1/tasks/bulk', { body: [{ ...addition, ...terms }] }),
  ]) {
    expect([answer.status, answer.json.code]).toEqual([422, 'INVALID_BODY'])
    expect(answer.json.errors).toHaveLength(1)
    expect(answer.json.errors[0]).toMatchObject({ path, message: expect.stringContaining(words) })
  }
})

test('a task type shows its whole retry policy, also one that a worker of an older version registered', async () => {
  await api.db
    .updateTable('task_types')
    .set({ retry: JSON.stringify({ maxAttempts: 7, baseDelayMs: 10, factor: 3, maxDelayMs: 1_000 }) })
    .where('name', '=', 'odd.schema')
    .execute()
  expect((await api.call('GET', '/api/v1/task-types/odd.schema')).json.retry).toEqual({
    maxAttempts: 7,
    strategy: 'exponential',
    baseDelayMs: 10,
    factor: 3,
    maxDelayMs: 1_000,
    delaysMs: [],
    jitter: 'full',
    maxAgeMs: null,
  })
})
