import { sql } from 'kysely'
import { WATCHER } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { IS_KNOWN_ELSEWHERE, type WatchedGroup } from './watched-group.ts'

/** The dead letters since the group is ignored: as many as are asked for are read, from the index alone. */
const SINCE = sql`select from dead_letters d
  where d.tenant_id = g.tenant_id and d.fingerprint = g.fingerprint and d.died_at > g.state_changed_at`

const WHY = sql`case
  when g.ignored_until <= now() then 'time'
  when g.ignored_until_count is not null and exists (${SINCE} offset g.ignored_until_count - 1) then 'count'
  when g.ignored_over_rate is not null and exists (${SINCE} and d.died_at > now() - interval '1 hour' offset g.ignored_over_rate) then 'rate'
end`

/**
 * Opens ignored groups again whose time is over, or that had more dead letters since than they were ignored for, audits it
 * and returns them: the caller tells in the same transaction. Of two that do this at once, one gets each group. Locks
 * groups in tenant order.
 */
export async function endIgnores(executor: Executor, limit: number): Promise<readonly WatchedGroup[]> {
  const { rows } = await sql<WatchedGroup>`
    with over as (
      select g.tenant_id, g.fingerprint, ${WHY} as why from dead_letter_groups g
      where g.state = 'ignored' and ${WHY} is not null
      order by g.tenant_id, g.fingerprint limit ${limit} for update of g
    ),
    changed as (
      update dead_letter_groups g set state = 'open', state_changed_at = now(), state_changed_by = ${WATCHER},
        state_reason = null, ignored_until = null, ignored_until_count = null, ignored_over_rate = null
      from over o where g.tenant_id = o.tenant_id and g.fingerprint = o.fingerprint and g.state = 'ignored'
      returning g.tenant_id, g.fingerprint, g.title, o.why
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, details)
      select new_task_id(), tenant_id, ${WATCHER}, 'group.reopened', jsonb_build_object('fingerprint', fingerprint, 'passed', why)
      from changed
    )
    select c.fingerprint, c.title, c.why, ${IS_KNOWN_ELSEWHERE} as "isKnownElsewhere" from changed c`.execute(
    executor,
  )
  return rows
}
