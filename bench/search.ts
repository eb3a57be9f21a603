// Measures the first page of searches among a million dead letters, over HTTP, with a Postgres and an api of its own.
//   npm run bench:search -- [--rows 1000000] [--repeats 20] [--keep]
// With --keep the ledger is kept under .redrive/bench/search, and the next run with --keep does not fill it again.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePorts, PrivatePostgres } from '@redrive/engines'
import { migrateToLatest } from '@redrive/migrations'
import { createDatabase } from '@redrive/shared/database'
import { type SearchCase, searchCases } from './search-cases.ts'
import { seedSearch } from './seed-search.ts'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    repeats: { type: 'string', default: '20' },
    keep: { type: 'boolean', default: false },
  },
})
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = `${ROOT}.redrive/bench/search`
const KEY = 'a-key-for-the-benchmark-that-is-long-enough'
const HEADERS = { authorization: `Bearer ${KEY}` }

const postgres = new PrivatePostgres({ dataFolder: FOLDER, isDurable: true })
try {
  const databaseUrl = await postgres.start()
  await migrateToLatest(databaseUrl)
  const rows = await countOrFill(databaseUrl)
  const api = await startApi(databaseUrl)
  try {
    print(rows, await measureAll(api.url))
  } finally {
    await api.stop()
  }
} finally {
  await postgres.stop()
  if (!options.keep) rmSync(FOLDER, { recursive: true, force: true })
}

async function countOrFill(databaseUrl: string): Promise<number> {
  const database = createDatabase({
    url: databaseUrl,
    poolSize: 1,
    statementTimeoutMs: 60_000,
    applicationName: 'bench',
  })
  const { db } = database
  const counted = await db
    .selectFrom('dead_letters')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirst()
  await database.close()
  const found = Number(counted?.count ?? 0)
  if (found > 0) return found
  const deadLetters = Number(options.rows)
  await seedSearch({ databaseUrl, deadLetters, onProgress: (text) => console.error(text) })
  return deadLetters
}

/** n.b. The api needs no broker to search; this one never answers. */
async function startApi(databaseUrl: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const { port, metricsPort } = await freePorts(['port', 'metricsPort'], {})
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    AMQP_URL: 'amqp://127.0.0.1:1',
    ADMIN_API_KEY: KEY,
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    LOG_LEVEL: 'silent',
  }
  const main = `${ROOT}services/api/src/main.ts`
  const child = spawn(process.execPath, ['--conditions=redrive:source', main], { env, stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${url}/livez`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`The api ended with ${child.exitCode}.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

interface Measured extends SearchCase {
  readonly found: number
  readonly times: readonly number[]
}

/** The repeats go round and round over all cases, so that what another process does to the machine is spread over them. */
async function measureAll(url: string): Promise<readonly Measured[]> {
  const cases = searchCases((fault) => createHash('md5').update(`fault${fault}`).digest('hex').slice(0, 12))
  const measured = cases.map((one) => ({ ...one, found: 0, times: [] as number[] }))
  for (let repeat = 0; repeat <= Number(options.repeats); repeat += 1) {
    for (const one of measured) {
      const startedAt = performance.now()
      const response = await fetch(`${url}/api/v1/${one.list}?${new URLSearchParams(one.query).toString()}`, {
        headers: HEADERS,
      })
      const page = (await response.json()) as { items?: unknown[] }
      const ms = performance.now() - startedAt
      if (!response.ok) console.error(one.query, response.status, JSON.stringify(page).slice(0, 300))
      one.found = page.items?.length ?? 0
      // The first round warms up caches and code.
      if (repeat > 0) one.times.push(ms)
    }
  }
  return measured
}

function print(rows: number, measured: readonly Measured[]): void {
  console.log(
    `${rows} dead letters, ${cpus().length} cores (${cpus()[0]?.model}), ${new Date().toISOString()}`,
  )
  console.log(
    'Over HTTP, the first page of 50, ms. At best: the p95 over the filters of each one\u2019s fastest run.\n',
  )
  console.log(
    '| list | field | filters | p50 | p95 | at best | slowest filter | its p50 |\n|---|---|---|---|---|---|---|---|',
  )
  for (const group of Map.groupBy(measured, ({ list, field }) => `${list} ${field}`).values()) {
    const [first] = group
    const times = group.flatMap((one) => one.times)
    const slowest = group.toSorted((one, other) => at(other.times, 0.5) - at(one.times, 0.5))[0]
    const fastest = group.map((one) => Math.min(...one.times))
    const shown = [
      first?.list,
      `\`${first?.field}\``,
      group.length,
      ms(at(times, 0.5)),
      ms(at(times, 0.95)),
      ms(at(fastest, 0.95)),
    ]
    const worst = new URLSearchParams(slowest?.query).toString()
    console.log(
      `| ${[...shown, `\`${worst}\` (${slowest?.found})`, ms(at(slowest?.times ?? [], 0.5))].join(' | ')} |`,
    )
  }
}

function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other)
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0)
}
