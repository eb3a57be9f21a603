import { randomBytes } from 'node:crypto'
import { createDatabase } from '@redrive/shared/database'
import { sql } from 'kysely'
import { readRepositoryFile } from './compose-file.ts'

export interface PreparedDatabase {
  readonly migratorUrl: string
  readonly appUrl: string
  /** Ends all connections, and removes the database and its two roles. */
  drop(): Promise<void>
}

/**
 * An empty database that deploy/postgres/10-roles.sql was run in, as the Postgres image does with a new volume. Roles belong
 * to the whole server, so they and the database get names of their own.
 */
export async function prepareDatabase(): Promise<PreparedDatabase> {
  const suffix = randomBytes(6).toString('hex')
  const database = `redrive_${suffix}`
  await query(serverAddress().href, `create database ${database}`)
  await query(address(database), translate(readRepositoryFile('deploy/postgres/10-roles.sql'), suffix))
  return {
    migratorUrl: address(database, `redrive_migrator_${suffix}`),
    appUrl: address(database, `redrive_app_${suffix}`),
    drop: async () => {
      const server = serverAddress().href
      await query(server, `drop database ${database} with (force)`)
      await query(server, `drop role redrive_app_${suffix}, redrive_migrator_${suffix}`)
    },
  }
}

/** Runs SQL on a connection of its own. */
export async function query(url: string, statements: string): Promise<void> {
  const database = createDatabase({
    url,
    poolSize: 1,
    statementTimeoutMs: 20_000,
    applicationName: 'deployment test',
  })
  try {
    await sql.raw(statements).execute(database.db)
  } finally {
    await database.close()
  }
}

/** What psql would make of the script, with our names; there is no psql among the private engines. */
function translate(script: string, suffix: string): string {
  const variables = [...script.matchAll(/^\\getenv (\w+) \w+$/gm)].map(([, name = '']) => name)
  const filled = variables.reduce((text, name) => text.replaceAll(`:'${name}'`, `'${PASSWORD}'`), script)
  return filled
    .replaceAll(/^\\getenv .*$/gm, '')
    .replaceAll(/\bredrive_(app|migrator)\b/g, `redrive_$1_${suffix}`)
    .replaceAll(/\bdatabase redrive\b/g, `database redrive_${suffix}`)
}

const PASSWORD = 'a password of a test'

function address(database: string, role?: string): string {
  const url = serverAddress()
  url.pathname = `/${database}`
  if (role !== undefined) {
    url.username = role
    url.password = encodeURIComponent(PASSWORD)
  }
  return url.href
}

/** Postgres as `npm test` provides it, with the right to make databases and roles. */
function serverAddress(): URL {
  return new URL(process.env['DATABASE_URL'] ?? '')
}
