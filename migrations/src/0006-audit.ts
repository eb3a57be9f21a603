import { type Kysely, sql } from 'kysely'

// The audit as a log that only grows, and that can be read by who, what and when; and dead letters by their age, for
// retention. Only new indexes and triggers: code of the version before goes on writing while this is applied.
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index audit_entries_by_tenant on audit_entries (tenant_id, id)`.execute(db)
  // Without the tenant before them: whoever runs the installation reads those of all tenants, in the order of their ids.
  await sql`create index audit_entries_by_action on audit_entries (action, id)`.execute(db)
  await sql`create index audit_entries_by_actor on audit_entries (actor, id)`.execute(db)
  await sql`create index audit_entries_by_dead_letter on audit_entries (dead_letter_id, id) where dead_letter_id is not null`.execute(
    db,
  )
  await sql`create index audit_entries_by_redrive on audit_entries ((details ->> 'redriveId'), id) where details ? 'redriveId'`.execute(
    db,
  )
  await refuseDeletion(db)
  await sql`create index dead_letters_by_age on dead_letters (died_at)`.execute(db)
}

/** There is no way around it but to drop the trigger, which takes the role of the migrations and leaves its own trace. */
async function refuseDeletion(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_deletion_of_audit() returns trigger language plpgsql as $$
    begin
      raise exception 'audit entries are never deleted';
    end $$`.execute(db)
  await sql`
    create trigger audit_entries_are_never_deleted before delete on audit_entries
    for each row execute function refuse_deletion_of_audit()`.execute(db)
  await sql`
    create trigger audit_entries_are_never_truncated before truncate on audit_entries
    for each statement execute function refuse_deletion_of_audit()`.execute(db)
}
