import { sql } from 'kysely'
import type { CrashEvidence, DeadLetterState, TaskError } from '../task/index.ts'
import { jsonBytes } from './bound-page.ts'
import type { Executor } from './ledger.ts'
import { tenantName } from './tenant-name.ts'
import { NEWEST_ATTEMPTS } from './list-attempts-before-death.ts'
import { sensitiveOf } from './sensitive-of.ts'

export interface DeadLetterView {
  readonly id: string
  readonly tenantId: string
  /** Its tenant's name. */
  readonly tenant: string
  /** Null for a foreign message. */
  readonly taskId: string | null
  readonly number: number | null
  readonly state: DeadLetterState
  readonly reason: string
  readonly decision: string
  readonly type: string | null
  readonly lane: string | null
  readonly error: TaskError
  readonly fingerprint: string
  readonly diedAt: Date
  readonly openedAt: Date | null
  readonly openedBy: 'recorder' | 'reconcile' | null
  readonly broker: Record<string, unknown> | null
  readonly raw: Buffer | null
  readonly rawContentType: string | null
  readonly closedAt: Date | null
  readonly closedBy: string | null
  readonly closingReason: string | null
  /** The redrive of many that sent it back. */
  readonly redriveId: string | null
  /** What the task was run with when it died; null for a foreign message. */
  readonly input: unknown
  readonly tags: string[]
  readonly user: string | null
  /** Attempts charged up to this death. */
  readonly attemptCount: number
  /** Of the worker that made the last attempt. */
  readonly workerVersion: string | null
  readonly evidence: CrashEvidence | null
  /** Paths into the input that its type wants masked. */
  readonly sensitive: string[]
}

/** All columns of a dead letter view; callers add their conditions on `d`. Read-only. */
export function selectDeadLetters(executor: Executor) {
  return executor
    .selectFrom('dead_letters as d')
    .select([
      'd.id',
      'd.tenant_id as tenantId',
      'd.task_id as taskId',
      'd.number',
      'd.state',
      'd.reason',
      'd.decision',
    ])
    .select([
      'd.type',
      'd.lane',
      'd.error',
      'd.fingerprint',
      'd.died_at as diedAt',
      'd.opened_at as openedAt',
    ])
    .select(['d.opened_by as openedBy', 'd.broker', 'd.raw', 'd.raw_content_type as rawContentType'])
    .select(['d.closed_at as closedAt', 'd.closed_by as closedBy', 'd.closing_reason as closingReason'])
    .select('d.redrive_id as redriveId')
    .select(['d.input', 'd.tags', 'd.for_user as user', 'd.attempt_count as attemptCount'])
    .select(['d.worker_version as workerVersion', 'd.evidence', sensitiveOf(sql`d.type`).as('sensitive')])
    .select(tenantName('d').as('tenant'))
}

const ATTEMPT_BYTES = sql<number>`(select coalesce(sum(a.bytes), 0) from (
  select ${jsonBytes(sql`error`)} + ${jsonBytes(sql`note`)} as bytes from attempts
  where task_id = d.task_id and number <= d.number and tenant_id = d.tenant_id
  order by attempt desc limit ${sql.lit(NEWEST_ATTEMPTS)}) as a)`

/** About what a dead letter with its attempts takes in an answer, over `d`. */
export const DEAD_LETTER_BYTES = sql<number>`coalesce(octet_length(d.raw), 0)
  + ${jsonBytes(sql`d.error`)} + ${jsonBytes(sql`d.broker`)} + ${ATTEMPT_BYTES}
  + ${jsonBytes(sql`d.input`)}`
