import { sql } from 'kysely'
import { WATCHER } from '../task/index.ts'
import { IS_NO_ALERT } from './is-no-alert.ts'
import type { Executor } from './ledger.ts'
import { IS_KNOWN_ELSEWHERE, type WatchedGroup } from './watched-group.ts'

/**
 * Makes resolved groups regressed whose fault has killed a task since, audits it and returns them: the caller tells in the
 * same transaction. Of two that do this at once, one gets each group. Locks groups in tenant order.
 */
export async function markRegressedGroups(
  executor: Executor,
  limit: number,
): Promise<readonly WatchedGroup[]> {
  const { rows } = await sql<WatchedGroup>`
    with back as (
      select g.tenant_id, g.fingerprint from dead_letter_groups g
      where g.state = 'resolved' and exists (
        select from dead_letters d
        where d.tenant_id = g.tenant_id and d.fingerprint = g.fingerprint and d.died_at > g.state_changed_at and ${IS_NO_ALERT}
      )
      order by g.tenant_id, g.fingerprint limit ${limit} for update of g
    ),
    changed as (
      update dead_letter_groups g set state = 'regressed', state_changed_at = now(), state_changed_by = ${WATCHER},
        state_reason = null
      from back b where g.tenant_id = b.tenant_id and g.fingerprint = b.fingerprint and g.state = 'resolved'
      returning g.tenant_id, g.fingerprint, g.title
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, details)
      select new_task_id(), tenant_id, ${WATCHER}, 'group.regressed', jsonb_build_object('fingerprint', fingerprint) from changed
    )
    select c.fingerprint, c.title, null as why, ${IS_KNOWN_ELSEWHERE} as "isKnownElsewhere" from changed c`.execute(
    executor,
  )
  return rows
}
