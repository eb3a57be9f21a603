import { type Kysely, sql } from 'kysely'

// What a failure needs to be retried by its own policy, explained, found and grouped: kept beside the task and the dead
// letter. Only new columns and tables: code of the version before goes on writing while this is applied.
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table tasks
      add column retry jsonb,
      add column expires_at timestamptz,
      add column callback_url text,
      add column for_user text`.execute(db)
  await extendOpenTasks(db)
  await extendTaskTypes(db)
  await sql`alter table attempts add column evidence jsonb`.execute(db)
  await extendDeadLetters(db)
  await createGroups(db)
  await createIdFunction(db)
}

async function extendOpenTasks(db: Kysely<unknown>): Promise<void> {
  // A life begins with the submission and anew with each redrive; a retry policy's greatest age counts from there.
  await sql`
    alter table open_tasks
      add column expires_at timestamptz,
      add column life_began_at timestamptz not null default now()`.execute(db)
  await sql`create index open_tasks_by_deadline on open_tasks (expires_at) where expires_at is not null`.execute(
    db,
  )
}

async function extendTaskTypes(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table task_types
      add column isolation text not null default 'none'
        constraint task_types_have_a_known_isolation check (isolation in ('none', 'process')),
      add column memory_limit_mb integer,
      add column sensitive text[] not null default '{}'`.execute(db)
  await sql`
    update task_types set retry =
      '{"strategy": "exponential", "jitter": "full", "delaysMs": [], "maxAgeMs": null}'::jsonb || retry`.execute(
    db,
  )
}

async function extendDeadLetters(db: Kysely<unknown>): Promise<void> {
  // What is searched for stands in the dead letter itself: a page of a million of them must not read a million tasks.
  await sql`
    alter table dead_letters
      add column input jsonb,
      add column tags text[] not null default '{}',
      add column for_user text,
      add column attempt_count integer not null default 0,
      add column worker_version text,
      add column evidence jsonb`.execute(db)
  await sql`
    update dead_letters d set tags = t.tags, attempt_count = t.charged_attempts,
      input = coalesce((select r.input from input_revisions r where r.task_id = d.task_id and r.until_number >= d.number
        order by r.until_number limit 1), t.input)
    from tasks t where t.id = d.task_id`.execute(db)
}

async function createGroups(db: Kysely<unknown>): Promise<void> {
  // One row for each fault that a tenant has met, written when its first dead letter is, and not touched by the others:
  // a thousand failures of one fault must not wait for one another. Counts are read from the dead letters.
  await sql`
    create table dead_letter_groups (
      tenant_id uuid not null,
      fingerprint text not null,
      title text not null,
      state text not null default 'open' constraint groups_have_a_known_state
        check (state in ('open', 'resolved', 'ignored', 'regressed')),
      first_seen_at timestamptz not null default now(),
      primary key (tenant_id, fingerprint)
    )`.execute(db)
  await sql`
    insert into dead_letter_groups (tenant_id, fingerprint, title, first_seen_at)
    select distinct on (tenant_id, fingerprint) tenant_id, fingerprint,
      left((error ->> 'type') || ': ' || (error ->> 'message'), 300), died_at
    from dead_letters order by tenant_id, fingerprint, died_at`.execute(db)
}

async function createIdFunction(db: Kysely<unknown>): Promise<void> {
  // For tasks that an ending causes within its own statement. A UUIDv7: random but for 48 bits of milliseconds and the
  // version, which differs from that of gen_random_uuid() in the bits 52 and 53.
  await sql`
    create function new_task_id() returns uuid language sql volatile as $$
      select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
        52, 1), 53, 1), 'hex')::uuid
    $$`.execute(db)
}
