import { type Kysely, sql } from 'kysely'

// What reconcile knows and did, kept where every dispatcher and api reads it; and the doubt about a lane, noted by whoever
// found its queue missing before declaring it anew. Only new tables and columns without a default: code of the version
// before goes on writing while this is applied.
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table lanes add column doubted_at timestamptz`.execute(db)
  // Null for workers of the version before, whose prefetched tickets nobody can bound.
  await sql`alter table workers add column prefetch integer`.execute(db)
  await sql`
    create table reconciliation (
      is_only_row boolean primary key default true constraint reconciliation_is_one_row check (is_only_row),
      broker_mark uuid,
      carried_doubted_at timestamptz,
      looked_at timestamptz,
      looked_by text,
      balanced_since timestamptz,
      look jsonb,
      sweep jsonb
    )`.execute(db)
  await sql`insert into reconciliation default values`.execute(db)
  await sql`
    create table repairs (
      id uuid primary key,
      at timestamptz not null default now(),
      repair text not null,
      lane text,
      count integer not null,
      detail text not null default ''
    )`.execute(db)
  await sql`create index repairs_by_time on repairs (at)`.execute(db)
  // Repairs are forgotten after a while, how many there were is not.
  await sql`
    create table repair_totals (
      repair text primary key,
      times bigint not null,
      count bigint not null,
      last_at timestamptz not null
    )`.execute(db)
}
