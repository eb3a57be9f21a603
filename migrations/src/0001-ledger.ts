import { type Kysely, sql } from 'kysely'

// The first migration: everything that a task's life is written in. There is no older code to run beside it.
//
// No foreign keys between the tables of the hot path: each would lock the parent row at every insert, and the statements
// that write them already name rows that exist.
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTenants(db)
  await createTaskTypes(db)
  await createWorkers(db)
  await createLanes(db)
  await createTasks(db)
  await createOpenTasks(db)
  await createAttempts(db)
  await createDeadLetters(db)
  await createSideTables(db)
}

async function createTenants(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table tenants (
      id uuid primary key,
      name text not null constraint tenants_have_distinct_names unique,
      created_at timestamptz not null default now()
    )`.execute(db)
  await sql`insert into tenants (id, name) values ('00000000-0000-7000-8000-000000000001', 'default')`.execute(
    db,
  )
}

async function createTaskTypes(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table task_types (
      name text primary key,
      input_schema jsonb not null,
      lane text not null,
      retry jsonb not null,
      timeout_ms integer not null constraint task_types_have_a_timeout check (timeout_ms > 0),
      expected_duration_ms double precision,
      worker_version text not null,
      registered_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`.execute(db)
}

async function createWorkers(db: Kysely<unknown>): Promise<void> {
  // lock_key is the advisory lock that the worker's lease session holds while the process lives.
  await sql`
    create table workers (
      id uuid primary key,
      lock_key bigint not null,
      host text not null,
      pid integer not null,
      version text not null,
      lanes text[] not null,
      types text[] not null,
      concurrency integer not null,
      state text not null constraint workers_have_a_known_state check (state in ('running', 'draining', 'stopped', 'lost')),
      started_at timestamptz not null default now(),
      lease_until timestamptz not null,
      ended_at timestamptz
    )`.execute(db)
  await sql`create index workers_by_state on workers (state, lease_until)`.execute(db)
}

async function createLanes(db: Kysely<unknown>): Promise<void> {
  // The window is how many tickets of the lane may be with the broker; a dispatcher measures and writes it.
  await sql`
    create table lanes (
      name text primary key,
      release_window integer not null constraint lanes_have_an_open_window check (release_window > 0),
      updated_at timestamptz not null default now()
    )`.execute(db)
  await sql`insert into lanes (name, release_window) values ('high', 200), ('normal', 200), ('low', 200)`.execute(
    db,
  )
}

async function createTasks(db: Kysely<unknown>): Promise<void> {
  // Written at submission and at the ending. Only columns that never change are indexed, so the ending is an update
  // within the page; the fill factor leaves the room for it.
  await sql`
    create table tasks (
      id uuid primary key,
      tenant_id uuid not null,
      type text not null,
      lane text not null,
      input jsonb not null,
      tags text[] not null default '{}',
      created_at timestamptz not null,
      run_at timestamptz not null,
      timeout_ms integer,
      attempt_budget integer not null,
      max_attempts integer not null,
      state text constraint tasks_end_in_a_known_state check (state in ('succeeded', 'failed', 'cancelled', 'expired')),
      number integer,
      attempt integer not null default 0,
      charged_attempts integer not null default 0,
      result jsonb,
      error jsonb,
      progress jsonb,
      started_at timestamptz,
      finished_at timestamptz,
      constraint ended_tasks_have_an_end check ((state is null) = (finished_at is null)),
      constraint ended_tasks_keep_their_number check ((state is null) = (number is null)),
      constraint only_failed_tasks_have_an_error check (error is null or state = 'failed')
    ) with (fillfactor = 70)`.execute(db)
  await sql`create index tasks_by_type on tasks (tenant_id, type, id)`.execute(db)
  await sql`create index tasks_by_tag on tasks using gin (tags) where tags <> '{}'`.execute(db)
}

async function createOpenTasks(db: Kysely<unknown>): Promise<void> {
  // One slim row from submission to ending. due_at does not change at claim and confirm, so these stay within the page.
  // Rows come and go all the time, so the vacuum must look early.
  await sql`
    create table open_tasks (
      task_id uuid primary key,
      tenant_id uuid not null,
      lane text not null,
      type text not null,
      number integer not null default 1 constraint dispatches_are_numbered_from_one check (number > 0),
      due_at timestamptz not null,
      taken_until timestamptz,
      publish_tries integer not null default 0,
      confirmed_at timestamptz,
      attempt integer not null default 0,
      charged_attempts integer not null default 0,
      attempts_before_life integer not null default 0,
      losses integer not null default 0,
      worker_id uuid,
      token uuid,
      started_at timestamptz,
      progress jsonb,
      unhandled_since timestamptz,
      return_reason text,
      constraint running_tasks_have_a_worker_and_a_start
        check ((token is null) = (worker_id is null) and (token is null) = (started_at is null)),
      constraint charged_attempts_were_made check (charged_attempts <= attempt)
    ) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 2000,
            autovacuum_analyze_scale_factor = 0.1)`.execute(db)
  await sql`create index open_tasks_by_due_time on open_tasks (lane, due_at, task_id)`.execute(db)
}

async function createAttempts(db: Kysely<unknown>): Promise<void> {
  // A row is written when an attempt ends and never changes but for the note of an outcome that came too late.
  await sql`
    create table attempts (
      task_id uuid not null,
      attempt integer not null,
      tenant_id uuid not null,
      number integer not null,
      token uuid not null,
      worker_id uuid not null,
      started_at timestamptz not null,
      ended_at timestamptz not null,
      outcome text not null constraint attempts_end_in_a_known_way
        check (outcome in ('succeeded', 'failed', 'timed_out', 'lost', 'returned', 'run_later', 'cancelled')),
      is_charged boolean not null,
      error jsonb,
      progress jsonb,
      decision text,
      note jsonb,
      primary key (task_id, attempt)
    )`.execute(db)
}

async function createDeadLetters(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table dead_letters (
      id uuid primary key,
      tenant_id uuid not null,
      task_id uuid,
      number integer,
      state text not null constraint dead_letters_have_a_known_state
        check (state in ('carried', 'open', 'redriven', 'discarded')),
      reason text not null,
      decision text not null,
      type text,
      lane text,
      error jsonb not null,
      fingerprint text not null,
      died_at timestamptz not null default now(),
      opened_at timestamptz,
      opened_by text constraint dead_letters_are_opened_by_a_known_part check (opened_by in ('recorder', 'reconcile')),
      broker jsonb,
      raw bytea,
      raw_content_type text,
      foreign_digest text constraint foreign_messages_are_kept_once unique,
      closed_at timestamptz,
      closed_by text,
      closing_reason text,
      constraint dead_letters_of_tasks_name_the_dispatch check ((task_id is null) = (number is null)),
      constraint foreign_dead_letters_keep_their_message
        check (task_id is not null or (raw is not null and foreign_digest is not null)),
      constraint closed_dead_letters_say_when check ((state in ('redriven', 'discarded')) = (closed_at is not null))
    )`.execute(db)
  await sql`create unique index dead_letters_are_one_per_dispatch on dead_letters (task_id, number)`.execute(
    db,
  )
  await sql`create unique index failed_tasks_have_one_live_dead_letter on dead_letters (task_id) where state <> 'redriven'`.execute(
    db,
  )
  await sql`create index dead_letters_by_state on dead_letters (tenant_id, state, id)`.execute(db)
  await sql`create index dead_letters_by_tenant on dead_letters (tenant_id, id)`.execute(db)
  await sql`create index dead_letters_on_their_way on dead_letters (died_at) where state = 'carried'`.execute(
    db,
  )
}

async function createSideTables(db: Kysely<unknown>): Promise<void> {
  // Endings that are looked for and seldom: kept apart, so that tasks needs no index on a column that changes.
  await sql`
    create table rare_endings (
      tenant_id uuid not null,
      state text not null constraint rare_endings_are_rare check (state in ('failed', 'cancelled', 'expired')),
      task_id uuid not null,
      primary key (tenant_id, state, task_id)
    )`.execute(db)
  // The input that a task had up to a dispatch number, kept when a redrive edits it.
  await sql`
    create table input_revisions (
      task_id uuid not null,
      until_number integer not null,
      tenant_id uuid not null,
      input jsonb not null,
      replaced_at timestamptz not null default now(),
      primary key (task_id, until_number)
    )`.execute(db)
  await sql`
    create table idempotency_keys (
      tenant_id uuid not null,
      route text not null,
      key text not null constraint idempotency_keys_are_short check (length(key) between 1 and 255),
      body_hash bytea not null,
      task_ids uuid[] not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, route, key)
    )`.execute(db)
  await sql`
    create table audit_entries (
      id uuid primary key,
      tenant_id uuid not null,
      at timestamptz not null default now(),
      actor text not null,
      action text not null,
      task_id uuid,
      dead_letter_id uuid,
      reason text,
      details jsonb not null default '{}'
    )`.execute(db)
  await sql`create index audit_entries_by_task on audit_entries (task_id, id)`.execute(db)
  await sql`
    create function refuse_change_of_audit() returns trigger language plpgsql as $$
    begin
      raise exception 'audit entries are never changed';
    end $$`.execute(db)
  await sql`
    create trigger audit_entries_are_never_changed before update on audit_entries
    for each row execute function refuse_change_of_audit()`.execute(db)
}
