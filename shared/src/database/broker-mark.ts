import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/** The mark that a dispatcher has left, or is about to leave, in the broker; null before the first. */
export async function readBrokerMark(executor: Executor): Promise<string | null> {
  const { rows } = await sql<{ mark: string | null }>`select broker_mark as mark from reconciliation`.execute(
    executor,
  )
  return rows[0]?.mark ?? null
}

/**
 * Replaces the mark, and doubts every queue in the same statement unless there was none before: a broker without the mark
 * is another one, or lost everything. False when another dispatcher has replaced it meanwhile.
 */
export async function replaceBrokerMark(
  executor: Executor,
  { missing, mark }: { readonly missing: string | null; readonly mark: string },
): Promise<boolean> {
  const { rows } = await sql<{ mark: string }>`
    with replaced as (
      update reconciliation set broker_mark = ${mark}::uuid,
        carried_doubted_at = case when ${missing}::uuid is null then carried_doubted_at else now() end
      where broker_mark is not distinct from ${missing}::uuid returning broker_mark
    ),
    known as (
      select name from lanes where ${missing}::uuid is not null and exists (select from replaced) order by name for update
    ),
    doubted as (update lanes set doubted_at = now() where name in (select name from known))
    select broker_mark as mark from replaced`.execute(executor)
  return rows.length > 0
}
