import { sql } from 'kysely'
import type { RedriveState } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import type { RedriveSummary } from './redrive-summary.ts'

/** A redrive of many as it stands. */
export interface RedriveView {
  readonly id: string
  readonly tenantId: string
  readonly state: RedriveState
  readonly filter: unknown
  readonly reason: string | null
  readonly actor: string
  readonly plannedAt: Date
  readonly expiresAt: Date
  readonly startedAt: Date | null
  readonly startedBy: string | null
  readonly endedAt: Date | null
  readonly ratePerSecond: number | null
  readonly concurrency: number | null
  readonly lane: string | null
  readonly maxAttempts: number | null
  readonly inputPatch: unknown
  readonly summary: RedriveSummary
  readonly memberCount: number
  readonly redriven: number
  readonly skipped: number
  readonly recalled: number
  /** Members that had their turn in each second since it was started or resumed; null before, and while it is paused. */
  readonly perSecond: number | null
  readonly recallAskedAt: Date | null
  readonly recalledBy: string | null
  readonly recallReason: string | null
  readonly recallEndedAt: Date | null
}

/** All columns of a redrive's view; callers add their conditions on `r`. Read-only. */
export function selectRedrives(executor: Executor) {
  return executor
    .selectFrom('redrives as r')
    .select([
      'r.id',
      'r.tenant_id as tenantId',
      'r.filter',
      'r.reason',
      'r.actor',
      'r.planned_at as plannedAt',
    ])
    .select([
      'r.expires_at as expiresAt',
      'r.started_at as startedAt',
      'r.started_by as startedBy',
      'r.rate_per_second as ratePerSecond',
    ])
    .select([
      'r.concurrency',
      'r.lane',
      'r.max_attempts as maxAttempts',
      'r.input_patch as inputPatch',
      'r.summary',
    ])
    .select(['r.member_count as memberCount', 'r.redriven_count as redriven', 'r.skipped_count as skipped'])
    .select([
      'r.recalled_count as recalled',
      'r.recall_asked_at as recallAskedAt',
      'r.recalled_by as recalledBy',
    ])
    .select(['r.recall_reason as recallReason', 'r.recall_ended_at as recallEndedAt'])
    .select([STATE.as('state'), ENDED_AT.as('endedAt'), PER_SECOND.as('perSecond')])
}

const STATE = sql<RedriveState>`case when r.state = 'planned' and r.expires_at <= now() then 'expired' else r.state end`

const ENDED_AT = sql<Date | null>`case when r.state = 'planned' and r.expires_at <= now() then r.expires_at else r.ended_at end`

const PER_SECOND = sql<number | null>`case when r.running_since is null or r.state = 'paused' then null else
  (r.redriven_count + r.skipped_count + r.recalled_count - r.acted_before)::float8
    / greatest(extract(epoch from coalesce(r.ended_at, now()) - r.running_since)::float8, 0.001) end`
