import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ERROR_QUEUE } from '@redrive/shared/broker'
import { REPOSITORY_FOLDER, type SpawnedService, spawnService, waitFor } from '@redrive/shared/testing'
import { openStage, type Stage, writeFolder } from './stage.ts'

const page = readFileSync(join(REPOSITORY_FOLDER, 'docs/own-task-types.md'), 'utf8')

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)

/** The page's own module, in a folder outside the repository without package.json or node_modules. */
function folderOfThePage(): string {
  const [, name = '', code = ''] = /```ts file=(\S+)\n([\s\S]*?)```/.exec(page) ?? []
  return writeFolder({ [name]: code })
}

/** The bodies that the page sends to /tasks, in its order. */
function submissionsOfThePage(): readonly { readonly type: string; readonly input: unknown }[] {
  return [...page.matchAll(/\$URL\/tasks [^']*'[^']*'[^']*'([^']*)'/g)].map(([, body = '']) =>
    JSON.parse(body),
  )
}

describe('what docs/own-task-types.md says', () => {
  let worker: SpawnedService

  beforeAll(async () => {
    worker = await stage.startReadyWorker({ WORKER_HANDLERS: folderOfThePage() })
  }, 60_000)

  test('a type of one’s own is registered with the schema of its input', async () => {
    const { input_schema: schema } = await stage.database.db
      .selectFrom('task_types')
      .selectAll()
      .where('name', '=', 'greetings.write')
      .executeTakeFirstOrThrow()

    expect(schema).toMatchObject({ type: 'object', required: ['name'], additionalProperties: false })
  })

  test('its first task has the result that the page shows', async () => {
    const [first] = submissionsOfThePage()
    const [, shown = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? []

    const task = await stage.ended(await stage.submitAndRelease(first!))
    expect({ state: task.state, result: task.result }).toEqual(JSON.parse(shown))
  })

  test('its failing task fails at once, and its ticket is in the error queue', async () => {
    const failing = submissionsOfThePage()[2]!
    const taskId = await stage.submitAndRelease({ ...failing, maxAttempts: 3 })

    expect(await stage.ended(taskId)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error: { message: 'I do not speak tlh' },
    })
    expect(await stage.deadLetters(taskId)).toMatchObject([{ state: 'carried', reason: 'permanent_error' }])
    await stage.waitForReadyMessages(ERROR_QUEUE, 1)
    expect(await worker.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('the requests of docs/own-task-types.md', () => {
  const key = 'an-administrator-key-for-this-test-only'
  let url: string
  let services: readonly SpawnedService[] = []

  beforeAll(async () => {
    const engines = { DATABASE_URL: stage.databaseUrl, AMQP_URL: stage.amqpUrl }
    const api = spawnService({ service: 'api', env: { ...engines, ADMIN_API_KEY: key } })
    const dispatcher = spawnService({ service: 'dispatcher', env: engines })
    const worker = stage.startWorker({ WORKER_HANDLERS: folderOfThePage() })
    services = [api, dispatcher, worker]
    await Promise.all(services.map((service) => service.waitForReady()))
    url = `${(await api.waitForReady()).apiUrl}/api/v1`
  }, 60_000)

  // The tests below are their own api and dispatcher.
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()))
  }, 60_000)

  async function request(path: string, body?: unknown, headers: Record<string, string> = {}) {
    const sent =
      body === undefined
        ? {}
        : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const all = { authorization: `Bearer ${key}`, ...headers, ...sent.headers }
    const response = await fetch(`${url}${path}`, { ...sent, headers: all })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  test('are answered as it says, from the first task to the redrive of a failed one', async () => {
    const [good, unfit, failing] = submissionsOfThePage()
    const { body: accepted } = await request('/tasks', good)
    const result = await request(`/tasks/${String(accepted['id'])}/result`, undefined, { prefer: 'wait=10' })
    expect(result).toMatchObject({ status: 200, body: { result: { text: 'Bonjour, Ada!', attempt: 1 } } })

    const refused = await request('/tasks', unfit)
    expect(refused.status).toBe(422)
    expect(JSON.stringify(refused.body)).toContain('name')

    const { body: doomed } = await request('/tasks', failing)
    const [, query = ''] = /\$URL(\/dead-letters\?[^"]*)"/.exec(page) ?? []
    const deadLetter = await waitFor(async () => {
      const { body } = await request(query)
      return (body['items'] as { id: string; taskId: string }[]).find((item) => item.taskId === doomed['id'])
    }, 'the open dead letter')
    const [, order = ''] = /\/redrive .*?-d '([^']*)'/s.exec(page) ?? []
    expect((await request(`/dead-letters/${deadLetter.id}/redrive`, JSON.parse(order))).status).toBeLessThan(
      300,
    )

    const second = await request(`/tasks/${String(doomed['id'])}/result`, undefined, { prefer: 'wait=10' })
    expect(second).toMatchObject({ status: 200, body: { result: { text: 'Saluton, Ada!', attempt: 2 } } })
  })
})

describe('the examples', () => {
  test('run as they are', async () => {
    const worker = await stage.startReadyWorker({
      WORKER_HANDLERS: join(REPOSITORY_FOLDER, 'examples/handlers'),
    })
    const invoice = { invoiceId: 'i-1', email: 'ada@post.example', amountCents: 1250 }
    const mailed = await stage.submitAndRelease({ type: 'invoices.send', input: invoice })
    const refused = await stage.submitAndRelease({
      type: 'invoices.send',
      input: { ...invoice, email: 'a@unknown.example' },
    })
    const busy = await stage.submitAndRelease({
      type: 'invoices.send',
      input: { ...invoice, email: 'a@busy.example' },
    })
    const picture = {
      pixels: [
        [0, 10],
        [20, 30],
      ],
      side: 1,
    }
    const rendered = await stage.submitAndRelease({ type: 'thumbnails.render', input: picture, lane: 'low' })

    expect(await stage.ended(mailed)).toMatchObject({
      state: 'succeeded',
      result: { messageId: `mail-${mailed}` },
    })
    expect(await stage.ended(refused)).toMatchObject({ state: 'failed', error: { type: 'PermanentError' } })
    expect(await stage.returned(busy, 2)).toMatchObject({
      charged_attempts: 0,
      return_reason: 'the mail service is busy',
    })
    expect(await stage.ended(rendered)).toMatchObject({
      result: { side: 1, pixels: [[15]] },
      progress: { done: 1, total: 1 },
    })
    expect(await worker.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('a worker does not start', () => {
  async function startupError(files: Readonly<Record<string, string>> | string): Promise<string> {
    const folder = typeof files === 'string' ? files : writeFolder(files)
    const worker = stage.startWorker({ WORKER_HANDLERS: folder })
    expect(await worker.exited).toEqual({ code: 1, signal: null })
    return JSON.stringify(worker.logs)
  }
  const head = `import { defineTask } from '@redrive/worker'\nimport { z } from 'zod'\n`

  test('without the folder, and names it', async () => {
    expect(await startupError('/nowhere/at-all')).toContain('/nowhere/at-all')
  })

  test('with an empty folder', async () => {
    expect(await startupError({ 'notes.txt': '' })).toContain('has no .ts, .js or .mjs module')
  })

  test('with files that cannot be used, and names each of them with the reason', async () => {
    const said = await startupError({
      'a-broken.ts': 'export const = 1',
      'b-empty.js': 'export const nothing = 1',
      'c-missing.mjs': `import 'not-a-package'`,
      'd-throws.ts': `${head}export const type = defineTask({ name: 'Bad Name', input: z.any(), handler: () => 1 })`,
    })

    expect(said).toMatch(/a-broken\.ts cannot be imported/)
    expect(said).toMatch(/b-empty\.js exports no task type/)
    expect(said).toMatch(/c-missing\.mjs cannot be imported: Cannot find package 'not-a-package'/)
    expect(said).toMatch(/d-throws\.ts cannot be imported: Task type .*Bad Name/)
  })

  test('with a name that is defined twice', async () => {
    const module = `${head}export const type = defineTask({ name: 'math.add', input: z.any(), handler: () => 1 })`

    expect(await startupError({ 'mine.ts': module })).toMatch(
      /math\.add is defined more than once: built in, .*mine\.ts/,
    )
  })

  test('with an input that JSON cannot carry, and names type and path', async () => {
    const module = `${head}export const type = defineTask({
      name: 'trips.book', input: z.object({ legs: z.array(z.object({ at: z.date() })) }), handler: () => 1 })`

    expect(await startupError({ 'mine.ts': module })).toMatch(
      /trips\.book.*input\.legs\[\]\.at.*Date cannot be represented/,
    )
  })
})

test('modules are found in subfolders, under any export name, and what is no module is left out', async () => {
  const define = (name: string): string =>
    `import { defineTask } from '@redrive/worker'\nimport { z } from 'zod'\nexport default defineTask({ name: '${name}', input: z.any(), handler: () => 1 })`
  const folder = writeFolder({
    'one.mjs': define('own.one'),
    'sub/two.js': define('own.two'),
    '_shared.ts': 'throw new Error("not for the worker")',
    'one.test.ts': 'throw new Error("not for the worker")',
    'types.d.ts': 'declare const x: number',
    'node_modules/left/index.js': 'throw new Error("not for the worker")',
  })
  const worker = await stage.startReadyWorker({ WORKER_HANDLERS: folder })

  const taskId = await stage.submitAndRelease({ type: 'own.two', input: {} })
  expect(await stage.ended(taskId)).toMatchObject({ state: 'succeeded', result: 1 })
  expect(worker.logs.filter((line) => 'text' in line)).toEqual([])
})
