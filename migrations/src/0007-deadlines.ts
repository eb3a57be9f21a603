import { type Kysely, sql } from 'kysely'

// A handler that put its work off ten times and then fails for the first time is to wait as long as after a first failure:
// the delays of a retry policy count failures, so the attempts that were given back are counted apart. Only a new column
// with a constant default: code of the version before goes on writing while this is applied.
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table open_tasks add column returned_attempts integer not null default 0`.execute(db)
}
