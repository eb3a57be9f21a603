import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import * as ledger from './0001-ledger.ts'
import * as failures from './0002-failures.ts'
import * as search from './0003-search.ts'
import * as groups from './0004-groups.ts'
import * as redrives from './0005-redrives.ts'
import * as audit from './0006-audit.ts'
import * as deadlines from './0007-deadlines.ts'
import * as reconciliation from './0008-reconciliation.ts'
import { applyMigration } from './apply-migration.ts'
import { asOnlyMigrator } from './as-only-migrator.ts'
import { findPending } from './find-pending.ts'
import { readJournal } from './migration-journal.ts'
import type { Migration } from './migration.ts'

export interface MigrateOptions {
  /** Others than those of this version. */
  readonly migrations?: Readonly<Record<string, Migration>>
  /** Told when a migration let others pass and will be tried again. */
  readonly onYield?: (name: string, tries: number) => void
}

// In order, forward only; a file that has landed is never edited.
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
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
 * Brings the ledger to the newest schema and returns the names of the migrations that this call applied. Safe when
 * several start together: one works, the others wait and find nothing left to do. Each migration is a transaction of
 * its own, so a killed migrator leaves whole steps, and the next run goes on from there. A ledger that a newer version
 * has migrated is left as it is: this version runs on it. Safe under load, see `applyMigration`.
 */
export async function migrateToLatest(
  databaseUrl: string,
  { migrations = MIGRATIONS, onYield = () => undefined }: MigrateOptions = {},
): Promise<readonly string[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, connectionTimeoutMillis: 10_000 })
  // The error of an idle connection is told again by the next query; without a listener it would end the process.
  pool.on('error', () => {})
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    return await asOnlyMigrator(db, async (connection) => {
      const pending = findPending(Object.keys(migrations), await readJournal(connection))
      for (const name of pending) {
        const migration = migrations[name]
        if (migration === undefined) continue
        await applyMigration(connection, { name, migration }, { onYield: (tries) => onYield(name, tries) })
      }
      return pending
    })
  } finally {
    // Closes the connection, and with it the migrators' lock.
    await db.destroy()
  }
}
