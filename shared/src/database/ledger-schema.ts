import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/** The newest migration that the statements of this version need. */
export const NEEDED_MIGRATION = '0008-reconciliation'

/** The ledger lacks what this version's statements need, until someone runs the migrations. */
export class LedgerOutdatedError extends Error {
  override readonly name = 'LedgerOutdatedError'
  readonly code = 'LEDGER_OUTDATED'
}

/**
 * Throws LedgerOutdatedError when the ledger is older than this version needs or was never migrated, and what the driver
 * says when it does not answer. A newer ledger is as good as this version's: migrations only add while one version
 * before them is in use.
 */
export async function requireLedgerSchema(executor: Executor): Promise<void> {
  const newest = await findNewestMigration(executor)
  if (newest !== null && newest >= NEEDED_MIGRATION) return
  const found = newest === null ? 'has no tables yet' : `is at ${newest}`
  throw new LedgerOutdatedError(
    `The ledger ${found} and this version needs ${NEEDED_MIGRATION}: run the migrations of this version. It waits until then.`,
  )
}

async function findNewestMigration(executor: Executor): Promise<string | null> {
  try {
    const { rows } = await sql<{ name: string | null }>`
      select max(name collate "C") as name from kysely_migration`.execute(executor)
    return rows[0]?.name ?? null
  } catch (error) {
    if ((error as { code?: unknown }).code === UNDEFINED_TABLE) return null
    throw error
  }
}

const UNDEFINED_TABLE = '42P01'
