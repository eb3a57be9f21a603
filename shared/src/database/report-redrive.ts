import { sql } from 'kysely'
import type { MemberOutcome, SkipCode } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { MEMBER_LIVES, MEMBER_OUTCOME } from './member-outcome.ts'
import type { RedriveGroup } from './redrive-summary.ts'

export interface RedriveReport {
  readonly outcomes: ReadonlyMap<MemberOutcome, number>
  /** The faults of those that failed again, the largest first. */
  readonly groups: readonly RedriveFault[]
  readonly skips: readonly {
    readonly code: SkipCode
    readonly count: number
    readonly example: string | null
  }[]
}

export interface RedriveFault extends RedriveGroup {
  /** The same as each of these members had died of before. */
  readonly isSame: boolean
  /** Nobody had met it before the redrive was started. */
  readonly isNew: boolean
}

interface CountedLives {
  readonly outcome: MemberOutcome
  readonly fingerprint: string | null
  readonly title: string | null
  readonly count: number
  readonly isNew: boolean
}

/** The largest; behind them is what happened once or twice. */
const MAX_GROUPS = 100

/** What became of the members of a redrive, counted at one moment. Reads all of them. */
export async function reportRedrive(executor: Executor, redriveId: string): Promise<RedriveReport> {
  const { rows } = await sql<CountedLives>`
    with lives as (
      select ${MEMBER_OUTCOME} as outcome, n.fingerprint, n.tenant_id
      from (select * from redrive_members where redrive_id = ${redriveId} and state = 'redriven') as m ${MEMBER_LIVES}
    ),
    counted as (
      select outcome, fingerprint, min(tenant_id::text)::uuid as tenant_id, count(*)::int as count
      from lives group by outcome, fingerprint
    )
    select c.outcome, c.fingerprint, g.title, c.count,
      coalesce(g.first_seen_at >= (select started_at from redrives where id = ${redriveId}), false) as "isNew"
    from counted c left join dead_letter_groups g on g.tenant_id = c.tenant_id and g.fingerprint = c.fingerprint
    order by c.count desc, c.fingerprint`.execute(executor)
  const outcomes = new Map<MemberOutcome, number>()
  for (const { outcome, count } of rows) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count)
  const groups = rows.flatMap(({ outcome, fingerprint, title, count, isNew }) =>
    fingerprint === null ? [] : [{ fingerprint, title, count, isSame: outcome === 'failed_same', isNew }],
  )
  return { outcomes, groups: groups.slice(0, MAX_GROUPS), skips: await countSkips(executor, redriveId) }
}

async function countSkips(executor: Executor, redriveId: string): Promise<RedriveReport['skips']> {
  const { rows } = await sql<RedriveReport['skips'][number]>`
    select skip_code as code, count(*)::int as count, min(skipped_because) as example from redrive_members
    where redrive_id = ${redriveId} and state = 'skipped' group by skip_code order by count desc`.execute(
    executor,
  )
  return rows
}
