import { sql } from 'kysely'
import { endAsFailed, type FailureRecord } from './end-as-failed.ts'
import type { Executor } from './ledger.ts'

export interface Failure extends FailureRecord {
  readonly token: string
}

/** Ends the tasks of these attempts as failed; the ids of those whose attempt was still theirs. See `endAsFailed`. */
export function finishFailed(executor: Executor, failures: readonly Failure[]): Promise<ReadonlySet<string>> {
  return endAsFailed(executor, failures, {
    guard: sql`o.token = f.fence::uuid`,
    fence: failures.map((failure) => failure.token),
  })
}
