import { type Kysely, sql } from 'kysely'

// Redrives of many dead letters: the plan with its exact members, how far it is, and what a recall needs to give back.
// Only new tables and columns: code of the version before goes on writing while this is applied.
export async function up(db: Kysely<unknown>): Promise<void> {
  await createRedrives(db)
  await createMembers(db)
  await extendDeadLetters(db)
  await extendOpenTasks(db)
}

async function createRedrives(db: Kysely<unknown>): Promise<void> {
  // position: the members up to here have had their turn. The counts are kept with each chunk, so that progress costs
  // one row whatever the number of members; planned ones are what the three leave over.
  await sql`
    create table redrives (
      id uuid primary key,
      tenant_id uuid not null,
      state text not null constraint redrives_have_a_known_state
        check (state in ('planned', 'running', 'paused', 'stopped', 'completed')),
      filter jsonb not null,
      reason text,
      actor text not null,
      planned_at timestamptz not null default now(),
      expires_at timestamptz not null,
      started_at timestamptz,
      started_by text,
      running_since timestamptz,
      acted_before integer not null default 0,
      ended_at timestamptz,
      rate_per_second double precision constraint redrives_have_a_positive_rate check (rate_per_second > 0),
      paced_until timestamptz,
      concurrency integer constraint redrives_run_at_least_one_at_once check (concurrency > 0),
      lane text,
      max_attempts integer,
      input_patch jsonb,
      summary jsonb not null,
      member_count integer not null constraint redrives_have_members check (member_count > 0),
      position integer not null default 0,
      redriven_count integer not null default 0,
      skipped_count integer not null default 0,
      recalled_count integer not null default 0,
      recall_asked_at timestamptz,
      recalled_by text,
      recall_reason text,
      recall_ended_at timestamptz,
      constraint redrives_count_each_member_once
        check (redriven_count + skipped_count + recalled_count <= member_count and position <= member_count)
    )`.execute(db)
  await sql`create index redrives_by_tenant on redrives (tenant_id, id)`.execute(db)
  await sql`create index redrives_at_work on redrives (id)
    where state = 'running' or (recall_asked_at is not null and recall_ended_at is null)`.execute(db)
}

async function createMembers(db: Kysely<unknown>): Promise<void> {
  // In the order of their dead letters' ids, which is the order in which statements lock them.
  await sql`
    create table redrive_members (
      redrive_id uuid not null,
      position integer not null,
      tenant_id uuid not null,
      dead_letter_id uuid not null,
      task_id uuid not null,
      fingerprint text not null,
      type text,
      state text not null default 'planned' constraint redrive_members_have_a_known_state
        check (state in ('planned', 'redriven', 'skipped', 'recalled')),
      skip_code text,
      skipped_because text,
      number integer,
      input jsonb,
      acted_at timestamptz,
      primary key (redrive_id, position),
      constraint skipped_members_say_why check ((state = 'skipped') = (skip_code is not null)),
      constraint redriven_members_have_a_dispatch check ((state in ('redriven', 'recalled')) = (number is not null))
    ) with (fillfactor = 80)`.execute(db)
  await sql`create index redrive_members_by_dead_letter on redrive_members (dead_letter_id)`.execute(db)
}

async function extendDeadLetters(db: Kysely<unknown>): Promise<void> {
  // life_before: what a redrive takes from the task and the dead letter does not have, so that a recall can give it back.
  await sql`alter table dead_letters add column redrive_id uuid, add column life_before jsonb`.execute(db)
}

async function extendOpenTasks(db: Kysely<unknown>): Promise<void> {
  // Both are written once, with the row, so the index costs nothing where nothing is redriven, and updates stay in the page.
  await sql`alter table open_tasks add column redriven_from uuid, add column redrive_id uuid`.execute(db)
  await sql`create index open_tasks_by_redrive on open_tasks (redrive_id, task_id) where redrive_id is not null`.execute(
    db,
  )
}
