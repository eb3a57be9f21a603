import { sql } from 'kysely'
import { endAsFailed, type FailureRecord } from './end-as-failed.ts'
import type { Executor } from './ledger.ts'

export interface UnhandledFailure extends FailureRecord {
  readonly number: number
}

/** Fails tasks for which no worker with their type appeared in time; a running one or another number is left alone. */
export function failUnhandled(
  executor: Executor,
  failures: readonly UnhandledFailure[],
): Promise<ReadonlySet<string>> {
  return endAsFailed(executor, failures, {
    guard: sql`o.token is null and o.number = f.fence::int`,
    fence: failures.map((failure) => String(failure.number)),
  })
}
