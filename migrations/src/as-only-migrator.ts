import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'

/** The lock of Kysely's own migrator, which the versions before used: theirs and ours exclude one another. */
const LOCK_ID = '3853314791062309107'
const LOOK_EVERY_MS = 250

/**
 * Does `work` on one connection while no other migrator works on the ledger. The lock ends with the connection, so a
 * killed migrator blocks nobody. Others look again and again instead of waiting in Postgres: whoever waits there holds a
 * snapshot, and an index that is built beside writers waits for every snapshot, so each would wait for the other.
 */
export async function asOnlyMigrator<T>(
  db: Kysely<unknown>,
  work: (connection: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  return await db.connection().execute(async (connection) => {
    while (!(await takeLock(connection))) await delay(LOOK_EVERY_MS)
    return await work(connection)
  })
}

async function takeLock(connection: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ is_taken: boolean }>`
    select pg_try_advisory_lock(${sql.lit(LOCK_ID)}::bigint) as is_taken`.execute(connection)
  return rows[0]?.is_taken === true
}
