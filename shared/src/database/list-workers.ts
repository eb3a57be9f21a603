import { sql } from 'kysely'
import type { Executor, WorkersTable } from './ledger.ts'

export interface WorkerView {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly lanes: string[]
  readonly types: string[]
  readonly concurrency: number
  readonly state: WorkersTable['state']
  readonly startedAt: Date
  readonly leaseUntil: Date
  readonly endedAt: Date | null
}

/** A page of workers, newest first; those that have ended stay listed, because dead letters name them. */
export function listWorkers(
  executor: Executor,
  page: { readonly limit: number; readonly beforeId?: string; readonly state?: WorkersTable['state'] },
): Promise<WorkerView[]> {
  let query = executor
    .selectFrom('workers')
    .select(['id', 'host', 'pid', 'version', 'lanes', 'types', 'concurrency', 'started_at as startedAt'])
    .select(['lease_until as leaseUntil', 'ended_at as endedAt'])
    // A worker whose lease ended is shown as lost at once; rescue writes it a little later.
    .select(
      sql<
        WorkersTable['state']
      >`case when state in ('running', 'draining') and lease_until < now() then 'lost' else state end`.as(
        'state',
      ),
    )
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId)
  if (page.state !== undefined) query = query.where('state', '=', page.state)
  return query.execute()
}
