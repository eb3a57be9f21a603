import { createHash, randomBytes } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { engineUrl } from './engine-url.ts'
import { REPOSITORY_FOLDER } from './repository-folder.ts'
import { onCleanup } from './test-cleanup.ts'

export interface TestDatabase {
  readonly url: string
  /** Disconnects everybody and drops the database. Idempotent; also done when the test file has ended. */
  drop(): Promise<void>
}

/** Any number that nothing else on the server uses. */
const TEMPLATE_LOCK = 7_215_301

/** A new database with the present schema, for one test file: a copy of a template that is migrated once per content of the migrations. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `redrive_test_${randomBytes(8).toString('hex')}`
  await withServer(async (server) => {
    await server.query(`create database ${name} template ${await ensureTemplate(server)}`)
  })
  const drop = async (): Promise<void> => {
    await withServer((server) => server.query(`drop database if exists ${name} with (force)`))
  }
  onCleanup(drop)
  return { url: databaseAddress(name), drop }
}

/** One process at a time, over all test files and runs on this server. The template flag is set last, so a half-made one is made anew. */
async function ensureTemplate(server: pg.Client): Promise<string> {
  const name = `redrive_template_${await migrationsDigest()}`
  await server.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const found = await server.query('select from pg_database where datname = $1 and datistemplate', [name])
    if (found.rowCount === 0) await makeTemplate(server, name)
  } finally {
    await server.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
  return name
}

async function makeTemplate(server: pg.Client, name: string): Promise<void> {
  await server.query(`drop database if exists ${name} with (force)`)
  await server.query(`create database ${name}`)
  const { migrateToLatest } = await loadMigrations()
  await migrateToLatest(databaseAddress(name))
  // Nobody may be connected to a database that is being copied.
  await server.query(`alter database ${name} with is_template true allow_connections false`)
  await server.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [
    name,
  ])
}

/** Named at run time because migrations build on this package, and a cycle of builds has no beginning. */
function loadMigrations(): Promise<{ readonly migrateToLatest: (databaseUrl: string) => Promise<unknown> }> {
  const migrations: string = '@redrive/migrations'
  return import(migrations)
}

async function migrationsDigest(): Promise<string> {
  const folder = join(REPOSITORY_FOLDER, 'migrations/src')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const digest = createHash('sha256')
  for (const file of files.toSorted())
    digest
      .update(file.slice(folder.length))
      .update('\0')
      .update(await readFile(file))
  return digest.digest('hex').slice(0, 16)
}

async function withServer<Answer>(use: (server: pg.Client) => Promise<Answer>): Promise<Answer> {
  const server = new pg.Client({ connectionString: engineUrl('DATABASE_URL').href })
  await server.connect()
  try {
    return await use(server)
  } finally {
    await server.end()
  }
}

function databaseAddress(name: string): string {
  const url = engineUrl('DATABASE_URL')
  url.pathname = `/${name}`
  return url.href
}
