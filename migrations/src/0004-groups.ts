import { type Kysely, sql } from 'kysely'

// What operators say of a fault, and who has been told of it. Columns with defaults, new tables and indexes: code of the
// version before goes on writing while this is applied, but waits while the index on dead letters is built.
export async function up(db: Kysely<unknown>): Promise<void> {
  await extendGroups(db)
  await createNotes(db)
  await createErrorRate(db)
  // A list of groups counts every dead letter that matches, so what it counts stands in one index. Of 600,000, that is read
  // in about half a second on a busy machine of two cores, and in twice that before vacuum has been there; hence the early
  // vacuum.
  await sql`
    create index dead_letters_of_faults on dead_letters (tenant_id, fingerprint, died_at)
    include (state, type, worker_version)`.execute(db)
  await sql`
    alter table dead_letters set (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05)`.execute(
    db,
  )
  await sql`
    create index audit_entries_by_fault on audit_entries ((details ->> 'fingerprint'), id)
    where action like 'group.%'`.execute(db)
}

async function extendGroups(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table dead_letter_groups
      add column state_changed_at timestamptz,
      add column state_changed_by text,
      add column state_reason text,
      add column ignored_until timestamptz,
      add column ignored_until_count integer,
      add column ignored_over_rate integer,
      add column told_at timestamptz`.execute(db)
  // What was there before is no news.
  await sql`
    update dead_letter_groups set told_at = now(), state_changed_at = case when state <> 'open' then now() end`.execute(
    db,
  )
  await sql`
    alter table dead_letter_groups
      add constraint only_ignored_groups_have_an_end check (state = 'ignored'
        or (ignored_until is null and ignored_until_count is null and ignored_over_rate is null)),
      add constraint changed_groups_say_when check (state = 'open' or state_changed_at is not null)`.execute(
    db,
  )
  await sql`create index groups_nobody_was_told_of on dead_letter_groups (tenant_id, fingerprint) where told_at is null`.execute(
    db,
  )
  await sql`create index groups_by_fingerprint on dead_letter_groups (fingerprint)`.execute(db)
  // The watcher looks at these every other second; open and regressed groups need no watching.
  await sql`create index groups_that_may_return on dead_letter_groups (state, tenant_id, fingerprint)
    where state in ('resolved', 'ignored')`.execute(db)
}

async function createNotes(db: Kysely<unknown>): Promise<void> {
  // A note on a fault of several tenants is kept with each of them, under one id.
  await sql`
    create table group_notes (
      tenant_id uuid not null,
      fingerprint text not null,
      id uuid not null,
      at timestamptz not null default now(),
      author text not null,
      text text not null,
      primary key (tenant_id, fingerprint, id)
    )`.execute(db)
}

async function createErrorRate(db: Kysely<unknown>): Promise<void> {
  // One row, so that of several dispatchers one tells that the rate is too high, and once.
  await sql`
    create table error_rate (
      is_only_row boolean primary key default true constraint there_is_one_error_rate check (is_only_row),
      is_exceeded boolean not null default false,
      failures_per_minute integer not null default 0,
      changed_at timestamptz
    )`.execute(db)
  await sql`insert into error_rate default values`.execute(db)
}
