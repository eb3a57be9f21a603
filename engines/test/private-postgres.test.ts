import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { isPortFree, POSTGRES_VERSIONS, PrivatePostgres, startEngines } from '@redrive/engines'

let dataFolder: string
const started: PrivatePostgres[] = []

beforeAll(() => {
  // n.b. the space is meant: a clone's path may have one.
  dataFolder = mkdtempSync(join(tmpdir(), 'redrive postgres '))
})

afterAll(async () => {
  for (const postgres of started) await postgres.stop()
  rmSync(dataFolder, { recursive: true, force: true })
})

function open(isDurable = true): PrivatePostgres {
  const postgres = new PrivatePostgres({ dataFolder, isDurable })
  started.push(postgres)
  return postgres
}

async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = await openSession(url)
  try {
    const { rows } = await client.query<Row>(text)
    return rows
  } finally {
    await client.end()
  }
}

test('data, password and address outlast a stop', async () => {
  const first = open()
  const url = await first.start()
  await query(url, 'create table kept (note text)')
  await query(url, "insert into kept values ('still here')")
  await first.stop()
  await first.stop()
  await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })

  const second = open()
  expect(await second.start()).toBe(url)
  expect(await query(url, 'select note from kept')).toEqual([{ note: 'still here' }])
  await second.stop()
})

test('what a killed supervisor left running is ended, and its data are found', async () => {
  const abandoned = await open().start()
  const before = await query<{ began: Date }>(abandoned, 'select pg_postmaster_start_time() as began')
  const next = open()
  const url = await next.start()
  expect(url).toBe(abandoned)
  expect(await query(url, 'select note from kept')).toEqual([{ note: 'still here' }])
  const after = await query<{ began: Date }>(url, 'select pg_postmaster_start_time() as began')
  expect(after[0]!.began.getTime()).toBeGreaterThan(before[0]!.began.getTime())
  await next.stop()
})

test('a port that was taken meanwhile is replaced', async () => {
  const first = open()
  const { port } = new URL(await first.start())
  await first.stop()
  const taker = await listen(Number(port))
  const second = open()
  const url = await second.start()
  expect(new URL(url).port).not.toBe(port)
  expect(await query(url, 'select note from kept')).toEqual([{ note: 'still here' }])
  await second.stop()
  await new Promise((resolve) => taker.close(resolve))
})

test('it is durable unless told otherwise, listens on 127.0.0.1 only, and keeps its password to itself', async () => {
  const durable = open()
  const url = await durable.start()
  expect(await query(url, 'show fsync')).toEqual([{ fsync: 'on' }])
  expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  expect(await query(url, 'show server_version_num')).toEqual([
    { server_version_num: expect.stringMatching(/^18/) },
  ])
  expect(statSync(join(dataFolder, 'state.json')).mode & 0o077).toBe(0)
  const guess = new URL(url)
  guess.password = 'postgres'
  await expect(query(guess.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  await durable.stop()

  const forgetful = open(false)
  expect(await query(await forgetful.start(), 'show fsync')).toEqual([{ fsync: 'off' }])
  await forgetful.stop()
  expect(await isPortFree(Number(new URL(url).port))).toBe(true)
})

test('engines whose addresses are given are used as they are and nothing is started', async () => {
  const given = { databaseUrl: 'postgres://there/db', amqpUrl: 'amqp://there' }
  const folder = mkdtempSync(join(tmpdir(), 'redrive-given-'))
  const plan = { given, dataFolder: folder, cacheFolder: folder, isDurable: true, onProgress: () => {} }
  const engines = await startEngines(plan)
  expect(engines).toMatchObject({ ...given, amqpManagementUrl: null })
  await expect(startEngines(plan)).rejects.toThrow(`${folder} is in use by process ${process.pid}`)
  await engines.stop()
  rmSync(folder, { recursive: true })
})

async function listen(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return server
}

test.each(POSTGRES_VERSIONS)(
  'Postgres %s freezes with every session, and recovers from whatever ends it on the same address',
  async (version) => {
    const folder = mkdtempSync(join(tmpdir(), 'redrive-postgres-'))
    const postgres = new PrivatePostgres({ version, dataFolder: folder, isDurable: true })
    started.push(postgres)
    const url = await postgres.start()
    expect(await query(url, 'show server_version')).toEqual([
      { server_version: expect.stringMatching(new RegExp(`^${version}\\.`)) },
    ])
    await query(url, 'create table kept as select 1 as number')

    const session = await openSession(url)
    postgres.pause()
    let answered = false
    const answer = session.query('select 1').then(() => (answered = true))
    await expect(openSession(url, { connectionTimeoutMillis: 1_000 })).rejects.toThrow(/timeout/)
    expect(answered).toBe(false)
    postgres.resume()
    await answer

    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
    postgres.killBackend(rows[0]!.pid)
    await expect(session.query('select 1')).rejects.toThrow(/terminat|not queryable|ECONNRESET/)
    await postgres.kill()
    expect(await postgres.start()).toBe(url)
    expect(await postgres.restart('immediate')).toBe(url)
    expect(await postgres.restart('fast')).toBe(url)
    expect(await query(url, 'select number from kept')).toEqual([{ number: 1 }])
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  },
)

async function openSession(connectionString: string, options: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, ...options })
  client.on('error', () => {})
  await client.connect()
  return client
}
