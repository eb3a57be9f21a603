import { sql } from 'kysely'
import type { Executor } from './ledger.ts'
import type { AcceptedTask, SubmissionKey } from './submit-tasks.ts'

export interface Submission {
  readonly bodyHash: Buffer
  readonly tasks: readonly AcceptedTask[]
}

/**
 * What was accepted under an idempotency key, in the order sent; null for a key that was never used. A task that was deleted
 * since, after its retention, is among them all the same: that it was accepted stays true.
 */
export async function findSubmission(
  executor: Executor,
  key: Omit<SubmissionKey, 'bodyHash'>,
): Promise<Submission | null> {
  const found = await executor
    .selectFrom('idempotency_keys')
    .select(['body_hash', 'task_ids', 'created_at'])
    .where('tenant_id', '=', key.tenantId)
    .where('route', '=', key.route)
    .where('key', '=', key.key)
    .executeTakeFirst()
  if (found === undefined) return null
  const { rows } = await sql<AcceptedTask>`
    select s.id, coalesce(t.created_at, ${found.created_at}) as "createdAt", coalesce(t.run_at, ${found.created_at}) as "runAt"
    from unnest(${found.task_ids}::uuid[]) with ordinality as s (id, position) left join tasks t on t.id = s.id
    order by s.position`.execute(executor)
  return { bodyHash: found.body_hash, tasks: rows }
}
