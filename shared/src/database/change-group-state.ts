import { sql } from 'kysely'
import { GROUP_TRANSITIONS, type GroupAct, type GroupState } from '../task/index.ts'
import type { Executor } from './ledger.ts'

/** When an ignored group is open again: at the first of these, or never when all are null. */
export interface IgnoreTerms {
  readonly untilAt: Date | null
  /** So many further dead letters, of each tenant. */
  readonly untilCount: number | null
  /** More than so many within an hour, of each tenant. */
  readonly overRatePerHour: number | null
}

export interface GroupChange {
  readonly tenantIds: readonly string[]
  readonly fingerprint: string
  readonly act: GroupAct
  readonly actor: string
  readonly reason: string | null
  /** Only groups in this state; any that the act allows when null. */
  readonly expectedState: GroupState | null
  readonly ignore?: IgnoreTerms
}

export interface GroupBefore {
  readonly tenantId: string
  readonly state: GroupState
  readonly stateChangedAt: Date | null
  readonly stateChangedBy: string | null
  readonly isChanged: boolean
}

/**
 * Changes the state of a fault's groups, one of each of these tenants, and audits it, in one statement. Returns the groups
 * as they were: none when the fault is not known, and none changed when somebody was quicker. Locks in tenant order.
 */
export async function changeGroupState(
  executor: Executor,
  change: GroupChange,
): Promise<readonly GroupBefore[]> {
  const { from, to } = GROUP_TRANSITIONS[change.act]
  const { untilAt = null, untilCount = null, overRatePerHour = null } = change.ignore ?? {}
  const may = sql`state = any(${from}::text[]) and (${change.expectedState}::text is null or state = ${change.expectedState}::text)`
  const { rows } = await sql<GroupBefore>`
    with found as (
      select tenant_id, fingerprint, state, state_changed_at, state_changed_by from dead_letter_groups
      where fingerprint = ${change.fingerprint} and tenant_id = any(${change.tenantIds}::uuid[])
      order by tenant_id for update
    ),
    changed as (
      -- Whoever acts on a group knows of it, so it is no news any more.
      update dead_letter_groups g set state = ${to}, state_changed_at = now(), state_changed_by = ${change.actor},
        state_reason = ${change.reason}, ignored_until = ${untilAt}::timestamptz, ignored_until_count = ${untilCount}::int,
        ignored_over_rate = ${overRatePerHour}::int, told_at = coalesce(told_at, now())
      where (g.tenant_id, g.fingerprint) in (select tenant_id, fingerprint from found where ${may}) and ${may}
      returning g.tenant_id, g.fingerprint
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, reason, details)
      select new_task_id(), tenant_id, ${change.actor}, ${ACTIONS[change.act]}, ${change.reason}::text, jsonb_strip_nulls(
        jsonb_build_object('fingerprint', fingerprint, 'untilAt', ${untilAt?.toISOString() ?? null}::text,
          'untilCount', ${untilCount}::int, 'overRatePerHour', ${overRatePerHour}::int))
      from changed
    )
    select f.tenant_id as "tenantId", f.state, f.state_changed_at as "stateChangedAt", f.state_changed_by as "stateChangedBy",
      c.tenant_id is not null as "isChanged"
    from found f left join changed c on c.tenant_id = f.tenant_id`.execute(executor)
  return rows
}

const ACTIONS: Readonly<Record<GroupAct, string>> = {
  resolve: 'group.resolved',
  ignore: 'group.ignored',
  reopen: 'group.reopened',
}
