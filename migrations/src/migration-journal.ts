import { type Kysely, sql } from 'kysely'

/** The names of the applied migrations, in order. The table is made when it is missing, as the versions before made it. */
export async function readJournal(db: Kysely<unknown>): Promise<readonly string[]> {
  await sql`
    create table if not exists kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`.execute(
    db,
  )
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.map(({ name }) => name)
}

/** In the migration's own transaction where it has one, so that both are there or neither. */
export async function noteApplied(db: Kysely<unknown>, name: string): Promise<void> {
  // n.b. Kysely's migrator, which a version before may still run, takes the order of the instants for the order of the names.
  await sql`
    insert into kysely_migration (name, timestamp)
    values (${name}, to_char(greatest(clock_timestamp(), (
      select max(timestamp::timestamptz) + interval '1 ms' from kysely_migration)) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`.execute(
    db,
  )
}
