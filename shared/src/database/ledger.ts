import type { ColumnType, Generated, GeneratedAlways, Kysely, Transaction } from 'kysely'
import type {
  CrashEvidence,
  DeadLetterState,
  GroupState,
  RedriveMemberState,
  RetryPolicy,
  SkipCode,
  StoredRedriveState,
  TaskError,
  TaskProgress,
} from '../task/index.ts'
import type { ReconciliationTable, RepairsTable, RepairTotalsTable } from './reconciliation-tables.ts'
import type { RedriveSummary } from './redrive-summary.ts'

type Instant = ColumnType<Date, Date | string, Date | string>
type OptionalInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
type Json<T> = ColumnType<T, string | null | undefined, string | null>

export interface TenantsTable {
  id: string
  name: string
  created_at: Generated<Date>
}

export interface TaskTypesTable {
  name: string
  input_schema: ColumnType<Record<string, unknown>, string, string>
  lane: string
  retry: ColumnType<RetryPolicy, string, string>
  timeout_ms: number
  expected_duration_ms: number | null
  isolation: Generated<'none' | 'process'>
  memory_limit_mb: number | null
  sensitive: Generated<string[]>
  worker_version: string
  registered_at: Generated<Date>
  updated_at: Generated<Date>
}

export interface WorkersTable {
  id: string
  lock_key: string
  host: string
  pid: number
  version: string
  lanes: string[]
  types: string[]
  concurrency: number
  prefetch: number | null
  state: 'running' | 'draining' | 'stopped' | 'lost'
  started_at: Generated<Date>
  lease_until: Instant
  ended_at: OptionalInstant
}

export interface LanesTable {
  name: string
  release_window: number
  updated_at: Generated<Date>
  doubted_at: OptionalInstant
}

export interface TasksTable {
  id: string
  tenant_id: string
  type: string
  lane: string
  input: Json<unknown>
  tags: string[]
  created_at: Instant
  run_at: Instant
  timeout_ms: number | null
  attempt_budget: number
  max_attempts: number
  state: 'succeeded' | 'failed' | 'cancelled' | 'expired' | null
  number: number | null
  attempt: number
  charged_attempts: number
  result: Json<unknown>
  error: Json<TaskError | null>
  progress: Json<TaskProgress | null>
  started_at: OptionalInstant
  finished_at: OptionalInstant
  retry: Json<Partial<RetryPolicy> | null>
  expires_at: OptionalInstant
  callback_url: string | null
  for_user: string | null
}

export interface OpenTasksTable {
  task_id: string
  tenant_id: string
  lane: string
  type: string
  number: number
  due_at: Instant
  taken_until: OptionalInstant
  publish_tries: number
  confirmed_at: OptionalInstant
  attempt: number
  charged_attempts: number
  attempts_before_life: number
  losses: number
  worker_id: string | null
  token: string | null
  started_at: OptionalInstant
  progress: Json<TaskProgress | null>
  unhandled_since: OptionalInstant
  return_reason: string | null
  expires_at: OptionalInstant
  life_began_at: Generated<Date>
  returned_attempts: Generated<number>
  redriven_from: string | null
  redrive_id: string | null
}

export interface AttemptsTable {
  task_id: string
  attempt: number
  tenant_id: string
  number: number
  token: string
  worker_id: string
  started_at: Instant
  ended_at: Instant
  outcome: 'succeeded' | 'failed' | 'timed_out' | 'lost' | 'returned' | 'run_later' | 'cancelled'
  is_charged: boolean
  error: Json<TaskError | null>
  progress: Json<TaskProgress | null>
  decision: string | null
  note: Json<Record<string, unknown> | null>
  evidence: Json<CrashEvidence | null>
}

export interface DeadLettersTable {
  id: string
  tenant_id: string
  task_id: string | null
  number: number | null
  state: DeadLetterState
  reason: string
  decision: string
  type: string | null
  lane: string | null
  error: ColumnType<TaskError, string, string>
  fingerprint: string
  died_at: Generated<Date>
  opened_at: OptionalInstant
  opened_by: 'recorder' | 'reconcile' | null
  broker: Json<Record<string, unknown> | null>
  raw: Buffer | null
  raw_content_type: string | null
  foreign_digest: string | null
  closed_at: OptionalInstant
  closed_by: string | null
  closing_reason: string | null
  input: Json<unknown>
  tags: Generated<string[]>
  for_user: string | null
  attempt_count: Generated<number>
  worker_version: string | null
  evidence: Json<CrashEvidence | null>
  search: GeneratedAlways<string>
  redrive_id: string | null
  life_before: Json<Record<string, unknown> | null>
}

export interface DeadLetterGroupsTable {
  tenant_id: string
  fingerprint: string
  title: string
  state: Generated<GroupState>
  first_seen_at: Generated<Date>
  state_changed_at: OptionalInstant
  state_changed_by: string | null
  state_reason: string | null
  ignored_until: OptionalInstant
  ignored_until_count: number | null
  ignored_over_rate: number | null
  told_at: OptionalInstant
}

export interface ErrorRateTable {
  is_only_row: Generated<boolean>
  is_exceeded: Generated<boolean>
  failures_per_minute: Generated<number>
  changed_at: OptionalInstant
}

export interface GroupNotesTable {
  tenant_id: string
  fingerprint: string
  id: string
  at: Generated<Date>
  author: string
  text: string
}

export interface RareEndingsTable {
  tenant_id: string
  state: 'failed' | 'cancelled' | 'expired'
  task_id: string
}

export interface InputRevisionsTable {
  task_id: string
  until_number: number
  tenant_id: string
  input: Json<unknown>
  replaced_at: Generated<Date>
}

export interface IdempotencyKeysTable {
  tenant_id: string
  route: string
  key: string
  body_hash: Buffer
  task_ids: string[]
  created_at: Generated<Date>
}

export interface AuditEntriesTable {
  id: string
  tenant_id: string
  at: Generated<Date>
  actor: string
  action: string
  task_id: string | null
  dead_letter_id: string | null
  reason: string | null
  details: ColumnType<Record<string, unknown>, string, string>
}

export interface RedrivesTable {
  id: string
  tenant_id: string
  state: StoredRedriveState
  filter: Json<unknown>
  reason: string | null
  actor: string
  planned_at: Generated<Date>
  expires_at: Instant
  started_at: OptionalInstant
  started_by: string | null
  running_since: OptionalInstant
  acted_before: Generated<number>
  ended_at: OptionalInstant
  rate_per_second: number | null
  paced_until: OptionalInstant
  concurrency: number | null
  lane: string | null
  max_attempts: number | null
  input_patch: Json<unknown>
  summary: Json<RedriveSummary>
  member_count: number
  position: Generated<number>
  redriven_count: Generated<number>
  skipped_count: Generated<number>
  recalled_count: Generated<number>
  recall_asked_at: OptionalInstant
  recalled_by: string | null
  recall_reason: string | null
  recall_ended_at: OptionalInstant
}

export interface RedriveMembersTable {
  redrive_id: string
  position: number
  tenant_id: string
  dead_letter_id: string
  task_id: string
  fingerprint: string
  type: string | null
  state: Generated<RedriveMemberState>
  skip_code: SkipCode | null
  skipped_because: string | null
  number: number | null
  input: Json<unknown>
  acted_at: OptionalInstant
}

/** Every table as Kysely sees it. */
export interface Ledger {
  tenants: TenantsTable
  task_types: TaskTypesTable
  workers: WorkersTable
  lanes: LanesTable
  tasks: TasksTable
  open_tasks: OpenTasksTable
  attempts: AttemptsTable
  dead_letters: DeadLettersTable
  dead_letter_groups: DeadLetterGroupsTable
  error_rate: ErrorRateTable
  group_notes: GroupNotesTable
  rare_endings: RareEndingsTable
  input_revisions: InputRevisionsTable
  idempotency_keys: IdempotencyKeysTable
  audit_entries: AuditEntriesTable
  reconciliation: ReconciliationTable
  redrives: RedrivesTable
  redrive_members: RedriveMembersTable
  repair_totals: RepairTotalsTable
  repairs: RepairsTable
}

/** A pool or a transaction: the same statement runs in either. */
export type Executor = Kysely<Ledger> | Transaction<Ledger>
