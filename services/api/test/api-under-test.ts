import { expect } from '@jest/globals'
import { problemSchema } from '@redrive/shared/contract'
import { createDatabase, registerTaskTypes, type Database } from '@redrive/shared/database'
import { DEFAULT_RETRY_POLICY } from '@redrive/shared/task'
import {
  createTestDatabase,
  createTestVhost,
  onCleanup,
  type SpawnedService,
  spawnService,
  type TestVhost,
  waitFor,
} from '@redrive/shared/testing'
import { problemsOf } from '../src/reference/problems-of.ts'
import { allRoutes } from '../src/routes/all-routes.ts'

export const KEY = 'a-key-for-tests-that-is-long-enough-to-be-one'

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface Called {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into freely by tests.
  readonly json: any
}

export interface ApiUnderTest {
  readonly url: string
  readonly operationsUrl: string
  readonly db: Database['db']
  readonly vhost: TestVhost
  readonly service: SpawnedService
  /** Sends a request with the key, and holds the answer to what the document says of the route. */
  call(method: string, path: string, options?: CallOptions): Promise<Called>
}

export const number = {
  anyOf: [{ type: 'integer' }, { type: 'number' }, { type: 'string', pattern: '^-?\\d+$' }],
}

interface SomeType {
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
  readonly sensitive?: readonly string[]
}

const TYPES: readonly SomeType[] = [
  {
    name: 'math.add',
    schema: {
      type: 'object',
      properties: { a: number, b: number },
      required: ['a', 'b'],
      additionalProperties: false,
    },
  },
  { name: 'demo.work', schema: {} },
  { name: 'odd.schema', schema: { $ref: 'https://example.com/nowhere' } },
]

export async function registerTypes(db: Database['db'], types = TYPES): Promise<void> {
  const common = {
    lane: 'normal',
    retry: DEFAULT_RETRY_POLICY,
    timeoutMs: 60_000,
    expectedDurationMs: null,
    isolation: 'none' as const,
    memoryLimitMb: null,
    workerVersion: '1',
  }
  await registerTaskTypes(
    db,
    types.map(({ name, schema, sensitive = [] }) => ({ ...common, name, inputSchema: schema, sensitive })),
  )
}

/** A real api process with a database and a virtual host of its own, ready and connected to both. */
export async function startApi(env: Readonly<Record<string, string>> = {}): Promise<ApiUnderTest> {
  const [database, vhost] = await Promise.all([createTestDatabase(), createTestVhost()])
  const ledger = createDatabase({
    url: database.url,
    poolSize: 3,
    statementTimeoutMs: 10_000,
    applicationName: 'test',
  })
  onCleanup(() => ledger.close())
  const { db } = ledger
  await registerTypes(db)
  const settings = {
    DATABASE_URL: database.url,
    AMQP_URL: vhost.amqpUrl,
    AMQP_MANAGEMENT_URL: vhost.managementUrl,
  }
  const service = spawnService({ service: 'api', env: { ADMIN_API_KEY: KEY, ...settings, ...env } })
  const { apiUrl, operationsUrl } = await service.waitForReady()
  const url = apiUrl ?? ''
  await waitFor(async () => {
    const response = await fetch(`${url}/readyz`)
    return ((await response.json()) as { checks: { broker: string } }).checks.broker === 'ok'
  }, 'the api to be connected to RabbitMQ')
  return {
    url,
    operationsUrl,
    db,
    vhost,
    service,
    call: (method, path, options) => callApi(url, `${method} ${path}`, options),
  }
}

export async function callApi(
  url: string,
  target: string,
  { headers, body, signal }: CallOptions = {},
): Promise<Called> {
  const [method = '', path = ''] = target.split(' ')
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== ''
  const called = {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : null,
  }
  if (method !== 'HEAD') expectDocumented(method, path, called)
  return called
}

const routes = allRoutes()

/** Every answer has the form that the document gives it, and every problem is one that the document lists. */
function expectDocumented(method: string, path: string, { status, headers, json }: Called): void {
  const bare = path.split('?')[0] ?? ''
  const route = routes.find((one) => one.method === method && matches(one.path, bare))
  const isProblem = headers.get('content-type') === 'application/problem+json'
  if (isProblem) {
    expect(problemSchema.parse(json)).toEqual(json)
    expect(json.status).toBe(status)
    if (route !== undefined) expect(problemsOf(route)).toContain(json.code)
  } else if (route !== undefined) {
    const documented = route.responses[status]
    expect([status, documented]).not.toEqual([status, undefined])
    // A member that the schema does not have would be missing on the left.
    if (documented?.schema !== undefined) expect(documented.schema.parse(json)).toEqual(json)
  }
}

function matches(pattern: string, path: string): boolean {
  const isLiteral = routes.some((one) => one.path === path)
  if (isLiteral) return pattern === path
  return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)
}
