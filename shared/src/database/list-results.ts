import type { Executor } from './ledger.ts'

export interface ResultView {
  readonly id: string
  readonly type: string
  readonly result: unknown
  readonly finishedAt: Date | null
}

/** A page of a tenant's succeeded tasks with their results, newest first. */
export function listResults(
  executor: Executor,
  page: {
    readonly tenantId: string
    readonly type?: string
    readonly limit: number
    readonly beforeId?: string
  },
): Promise<ResultView[]> {
  let query = executor
    .selectFrom('tasks')
    .select(['id', 'type', 'result', 'finished_at as finishedAt'])
    .where('tenant_id', '=', page.tenantId)
    .where('state', '=', 'succeeded')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.type !== undefined) query = query.where('type', '=', page.type)
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId)
  return query.execute()
}
