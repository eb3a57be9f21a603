import { setTimeout as delay } from 'node:timers/promises'
import { isLockLost } from './is-lock-lost.ts'
import { type Kysely, sql } from 'kysely'
import { noteApplied } from './migration-journal.ts'
import type { Migration } from './migration.ts'

export interface ApplyOptions {
  /** Told after each try that had to let others pass. */
  readonly onYield: (tries: number) => void
}

/** A request behind a migration that waits for its lock waits no longer than this, per table that the migration changes. */
const LOCK_TIMEOUT_MS = 500
/** The pause gives those who waited their turn; it grows to 10 s, long enough for what a long transaction needs to end. */
const PAUSE = { baseMs: 500, maxMs: 10_000 }
/** About 17 minutes of pauses. Then a person should look at who holds the lock. */
const MAX_TRIES = 100

/**
 * Applies one migration and notes it. A lock that is not had in time is given up, everything that the try did is undone,
 * and after a pause it is tried again: a statement that waits for a table makes all later ones on it wait behind it.
 */
export async function applyMigration(
  connection: Kysely<unknown>,
  { name, migration }: { readonly name: string; readonly migration: Migration },
  { onYield }: ApplyOptions,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryOnce(connection, name, migration)
    } catch (error) {
      if (!isLockLost(error)) throw error
      if (tries === MAX_TRIES) throw refusal(name, error)
      onYield(tries)
      await delay(Math.min(PAUSE.maxMs, PAUSE.baseMs * tries))
    }
  }
}

async function tryOnce(connection: Kysely<unknown>, name: string, migration: Migration): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${LOCK_TIMEOUT_MS}ms`}, false)`.execute(connection)
  if (migration.isOutsideTransaction === true) {
    await migration.up(connection)
    await noteApplied(connection, name)
    return
  }
  await connection.transaction().execute(async (transaction) => {
    await migration.up(transaction)
    await noteApplied(transaction, name)
  })
}

function refusal(name: string, cause: unknown): Error {
  return new Error(
    `${name} did not get its locks in ${MAX_TRIES} tries of ${LOCK_TIMEOUT_MS} ms: a transaction holds the table. ` +
      'Find it in pg_stat_activity (xact_start), end it, and run the migrations again; nothing of this one was kept.',
    { cause },
  )
}
