import { type Kysely, sql } from 'kysely'

// Makes dead letters findable by each of their fields, by the words of the error and by what stands in the input. Only a
// generated column and indexes: code of the version before goes on writing while this is applied, but waits for it: the
// column rewrites the table, and the indexes are built in the migration's transaction.
export async function up(db: Kysely<unknown>): Promise<void> {
  await createErrorText(db)
  await sql`
    alter table dead_letters
      add column search tsvector generated always as (
        to_tsvector('simple', error_text(error)) || array_to_tsvector(array['@' || id_week(id)])) stored`.execute(
    db,
  )
  await indexWords(db)
  await indexOutOfTime(db)
  await indexFew(db)
  await indexContents(db)
}

async function createErrorText(db: Kysely<unknown>): Promise<void> {
  // When an id was made, in milliseconds since 1970.
  await sql`
    create function id_millis(id uuid) returns bigint language sql immutable parallel safe as $$
      select ('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint
    $$`.execute(db)
  // Which week since 1970 an id was made in. It stands among the words, where no text can put an @, so that the index finds
  // words of one week without looking at those of all the others: the newest come first, and of old ones there are many.
  await sql`
    create function id_week(id uuid) returns bigint language sql immutable parallel safe as $$
      select id_millis(id) / 604800000
    $$`.execute(db)
  // The classes, messages and codes of an error and its causes. Names of classes, hosts and paths are taken apart, so that
  // a part of one is found; translate does the same to what is looked for (match-text.ts). Bounded, because the ending of
  // a task must not fail for a message with more words than a tsvector can hold.
  await sql`
    create function error_text(error jsonb) returns text language sql immutable parallel safe as $$
      select translate(left(string_agg(found.value #>> '{}', ' '), 20000), './:@=', '     ') from (
        select jsonb_path_query(error, '$.**.type') as value
        union all select jsonb_path_query(error, '$.**.message')
        union all select jsonb_path_query(error, '$.**.code')
      ) as found
    $$`.execute(db)
}

/** A page of a filter is the newest of an index range of each tenant, so every field has its index with the id behind. */
async function indexWords(db: Kysely<unknown>): Promise<void> {
  await sql`create index dead_letters_by_type on dead_letters (tenant_id, type, id)`.execute(db)
  await sql`create index dead_letters_by_lane on dead_letters (tenant_id, lane, id)`.execute(db)
  await sql`create index dead_letters_by_reason on dead_letters (tenant_id, reason, id)`.execute(db)
  await sql`create index dead_letters_by_user on dead_letters (tenant_id, for_user, id)`.execute(db)
  await sql`create index dead_letters_by_fingerprint on dead_letters (tenant_id, fingerprint, id)`.execute(db)
  await sql`create index dead_letters_by_worker_version on dead_letters (tenant_id, worker_version, id)`.execute(
    db,
  )
  await sql`create index dead_letters_by_attempts on dead_letters (tenant_id, attempt_count, id)`.execute(db)
  await sql`create index dead_letters_by_time on dead_letters (tenant_id, died_at, id)`.execute(db)
}

/**
 * An id is made when a task dies, and found earlier in the order of ids than what died later; then "before a time" is "from
 * an id on", and its newest are at hand. Rows that were written otherwise (imported, made up) are listed here, where a
 * search sees that there are any; the condition is repeated in find-id-bound.ts.
 */
async function indexOutOfTime(db: Kysely<unknown>): Promise<void> {
  await sql`
    create index dead_letters_out_of_time on dead_letters (died_at)
    where id_millis(id)
      > extract(epoch from died_at - timestamptz '1970-01-01 00:00:00+00') * 1000 + 600000`.execute(db)
}

/** Few dead letters are foreign, and only tasks with a user are in their index: most submissions have none to write. */
async function indexFew(db: Kysely<unknown>): Promise<void> {
  await sql`create index dead_letters_of_no_task on dead_letters (tenant_id, id) where task_id is null`.execute(
    db,
  )
  await sql`create index tasks_by_user on tasks (tenant_id, for_user, id) where for_user is not null`.execute(
    db,
  )
}

async function indexContents(db: Kysely<unknown>): Promise<void> {
  await sql`create index dead_letters_by_tag on dead_letters using gin (tags) where tags <> '{}'`.execute(db)
  await sql`create index dead_letters_by_text on dead_letters using gin (search)`.execute(db)
  await sql`create index dead_letters_by_input on dead_letters using gin (input jsonb_path_ops)`.execute(db)
}
