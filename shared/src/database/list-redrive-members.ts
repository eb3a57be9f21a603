import { sql } from 'kysely'
import type { MemberOutcome, RedriveMemberState, SkipCode } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { MEMBER_LIVES, MEMBER_OUTCOME } from './member-outcome.ts'

export interface RedriveMemberView {
  /** The dead letter's: a member has none of its own. */
  readonly id: string
  readonly position: number
  readonly tenantId: string
  readonly taskId: string
  readonly type: string | null
  readonly fingerprint: string
  readonly state: RedriveMemberState
  readonly skipCode: SkipCode | null
  readonly skippedBecause: string | null
  readonly number: number | null
  readonly isEdited: boolean
  readonly actedAt: Date | null
  readonly outcome: MemberOutcome | null
  /** Of the new life, where it failed. */
  readonly nextDeadLetterId: string | null
}

export interface RedriveMemberPage {
  readonly redriveId: string
  readonly state?: RedriveMemberState
  readonly limit: number
  /** The dead letter of the last member of the page before. */
  readonly afterId?: string
}

/** A page of a redrive's members in their order, with what became of each. */
export async function listRedriveMembers(
  executor: Executor,
  { redriveId, state, limit, afterId }: RedriveMemberPage,
): Promise<RedriveMemberView[]> {
  const { rows } = await sql<RedriveMemberView>`
    select m.dead_letter_id as id, m.position, m.tenant_id as "tenantId", m.task_id as "taskId", m.type, m.fingerprint, m.state,
      m.skip_code as "skipCode", m.skipped_because as "skippedBecause", m.number, m.input is not null as "isEdited",
      m.acted_at as "actedAt", ${MEMBER_OUTCOME} as outcome, n.id as "nextDeadLetterId"
    from (
      select * from redrive_members
      where redrive_id = ${redriveId} and (${state ?? null}::text is null or state = ${state ?? null})
        and position > coalesce((select position from redrive_members
          where redrive_id = ${redriveId} and dead_letter_id = ${afterId ?? null}::uuid), 0)
      order by position limit ${limit}
    ) as m ${MEMBER_LIVES}
    order by m.position`.execute(executor)
  return rows
}
