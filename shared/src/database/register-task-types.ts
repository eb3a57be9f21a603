import { sql } from 'kysely'
import type { RetryPolicy } from '../task/index.ts'
import type { Executor } from './ledger.ts'

export interface TaskTypeRegistration {
  readonly name: string
  /** JSON Schema of the input, draft 2020-12. */
  readonly inputSchema: Record<string, unknown>
  readonly lane: string
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  readonly expectedDurationMs: number | null
  readonly isolation: 'none' | 'process'
  readonly memoryLimitMb: number | null
  readonly workerVersion: string
  /** Paths into the input that are masked wherever it is shown. */
  readonly sensitive?: readonly string[]
}

/** Makes the types known to the api; the latest registration wins. Locks in name order, so that workers starting together don't deadlock. */
export async function registerTaskTypes(
  executor: Executor,
  types: readonly TaskTypeRegistration[],
): Promise<void> {
  const sorted = [...types].sort((one, other) => (one.name < other.name ? -1 : 1))
  for (const type of sorted) {
    await sql`
      insert into task_types (name, input_schema, lane, retry, timeout_ms, expected_duration_ms, isolation, memory_limit_mb,
        worker_version, sensitive)
      values (${type.name}, ${JSON.stringify(type.inputSchema)}::jsonb, ${type.lane}, ${JSON.stringify(type.retry)}::jsonb,
        ${type.timeoutMs}, ${type.expectedDurationMs}, ${type.isolation}, ${type.memoryLimitMb}, ${type.workerVersion}, ${[...(type.sensitive ?? [])]}::text[])
      on conflict (name) do update set input_schema = excluded.input_schema, lane = excluded.lane, retry = excluded.retry,
        timeout_ms = excluded.timeout_ms, expected_duration_ms = excluded.expected_duration_ms,
        isolation = excluded.isolation, memory_limit_mb = excluded.memory_limit_mb,
        worker_version = excluded.worker_version, sensitive = excluded.sensitive, updated_at = now()`.execute(
      executor,
    )
  }
}
