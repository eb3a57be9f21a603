import { Kysely, PostgresDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import * as ledger from './0001-ledger.ts'
import * as failures from './0002-failures.ts'
import * as search from './0003-search.ts'
import * as groups from './0004-groups.ts'
import * as redrives from './0005-redrives.ts'
import * as audit from './0006-audit.ts'
import * as deadlines from './0007-deadlines.ts'
import * as reconciliation from './0008-reconciliation.ts'

// In order, forward only; a file that has landed is never edited.
const MIGRATIONS = {
  '0001-ledger': ledger,
  '0002-failures': failures,
  '0003-search': search,
  '0004-groups': groups,
  '0005-redrives': redrives,
  '0006-audit': audit,
  '0007-deadlines': deadlines,
  '0008-reconciliation': reconciliation,
}

/**
 * Brings the ledger to the newest schema and returns the names of the migrations that this call applied.
 * Safe when several start together: the migrator holds an advisory lock, and the others find nothing left to do.
 * Each run is one transaction, so a killed migrator leaves the schema as it was.
 */
export async function migrateToLatest(databaseUrl: string): Promise<readonly string[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, connectionTimeoutMillis: 10_000 })
  // The error of an idle connection is told again by the next query; without a listener it would end the process.
  pool.on('error', () => {})
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(MIGRATIONS) } })
    const { error, results } = await migrator.migrateToLatest()
    if (error !== undefined) throw error
    return (results ?? [])
      .filter((result) => result.status === 'Success')
      .map((result) => result.migrationName)
  } finally {
    await db.destroy()
  }
}
