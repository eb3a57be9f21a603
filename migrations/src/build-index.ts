import { type Kysely, sql } from 'kysely'

/**
 * Builds an index beside writers, for a migration outside a transaction. `definition` follows the index's name, as in
 * `on tasks (lane)`. A build that was cut short leaves an index that costs writes and serves nobody: it is dropped and
 * built anew. Waits for transactions that began earlier for as long as they take, and nobody waits for it meanwhile.
 */
export async function buildIndex(db: Kysely<unknown>, name: string, definition: string): Promise<void> {
  // n.b. the lock of the build lets readers and writers pass, so that no limit is needed, and one would never let it finish.
  await sql`set lock_timeout = 0`.execute(db)
  const { rows } = await sql<{ is_valid: boolean }>`
    select indisvalid as is_valid from pg_index where indexrelid = to_regclass(${name})`.execute(db)
  if (rows[0]?.is_valid === true) return
  if (rows.length > 0) await sql`drop index concurrently ${sql.ref(name)}`.execute(db)
  await sql`create index concurrently ${sql.ref(name)} ${sql.raw(definition)}`.execute(db)
}
