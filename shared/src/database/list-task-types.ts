import { sql } from 'kysely'
import type { RetryPolicy } from '../task/index.ts'
import type { Executor } from './ledger.ts'

export interface TaskTypeView {
  readonly name: string
  readonly inputSchema: Record<string, unknown>
  readonly lane: string
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly expectedDurationMs: number | null
  readonly isolation: 'none' | 'process'
  readonly memoryLimitMb: number | null
  readonly workerVersion: string
  readonly sensitive: string[]
  readonly registeredAt: Date
  readonly updatedAt: Date
  /** Workers alive now that run it. */
  readonly workers: number
}

/** Every registered type by name. */
export function listTaskTypes(executor: Executor): Promise<TaskTypeView[]> {
  return executor
    .selectFrom('task_types as y')
    .select(['y.name', 'y.input_schema as inputSchema', 'y.lane', 'y.retry', 'y.timeout_ms as timeoutMs'])
    .select(['y.expected_duration_ms as expectedDurationMs', 'y.worker_version as workerVersion'])
    .select(['y.registered_at as registeredAt', 'y.updated_at as updatedAt', 'y.sensitive'])
    .select(['y.isolation', 'y.memory_limit_mb as memoryLimitMb'])
    .select(LIVING_WORKERS.as('workers'))
    .orderBy('y.name')
    .execute()
}

const LIVING_WORKERS = sql<number>`(
  select count(*) from workers w where w.state = 'running' and w.lease_until > now() and y.name = any(w.types)
)::int`
