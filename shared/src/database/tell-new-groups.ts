import { sql } from 'kysely'
import { IS_NO_ALERT } from './is-no-alert.ts'
import type { Executor } from './ledger.ts'
import { IS_KNOWN_ELSEWHERE, type WatchedGroup } from './watched-group.ts'

/**
 * Marks groups as told that nobody was told of yet, and returns them: the caller tells in the same transaction. Of two that
 * do this at once, one gets each group. Groups of nothing but failed alerts stay. Locks groups in tenant order.
 */
export async function tellNewGroups(executor: Executor, limit: number): Promise<readonly WatchedGroup[]> {
  const { rows } = await sql<WatchedGroup>`
    with untold as (
      select g.tenant_id, g.fingerprint from dead_letter_groups g
      where g.told_at is null and exists (
        select from dead_letters d where d.tenant_id = g.tenant_id and d.fingerprint = g.fingerprint and ${IS_NO_ALERT}
      )
      order by g.tenant_id, g.fingerprint limit ${limit} for update of g
    ),
    changed as (
      update dead_letter_groups g set told_at = now() from untold u
      where g.tenant_id = u.tenant_id and g.fingerprint = u.fingerprint and g.told_at is null
      returning g.tenant_id, g.fingerprint, g.title
    )
    select c.fingerprint, c.title, null as why, ${IS_KNOWN_ELSEWHERE} as "isKnownElsewhere" from changed c`.execute(
    executor,
  )
  return rows
}
