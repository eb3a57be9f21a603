import { sql, type SqlBool } from 'kysely'
import { boundPage, jsonBytes, type PageRow } from './bound-page.ts'
import type { Executor } from './ledger.ts'
import { tenantName } from './tenant-name.ts'

export interface ResultView extends PageRow {
  /** Its tenant's name. */
  readonly tenant: string
  readonly type: string
  readonly result: unknown
  readonly finishedAt: Date | null
}

/** A page of these tenants' succeeded tasks with their results, newest first. */
export function listResults(
  executor: Executor,
  page: {
    readonly tenantIds: readonly string[]
    readonly type?: string
    readonly limit: number
    readonly beforeId?: string
    readonly maxBytes?: number
  },
): Promise<ResultView[]> {
  let candidates = executor
    .selectFrom('tasks')
    .select(['id', jsonBytes(sql`result`).as('bytes')])
    .where(sql<SqlBool>`tenant_id = any(${page.tenantIds}::uuid[])`)
    .where('state', '=', 'succeeded')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.type !== undefined) candidates = candidates.where('type', '=', page.type)
  if (page.beforeId !== undefined) candidates = candidates.where('id', '<', page.beforeId)
  return executor
    .selectFrom('tasks as t')
    .innerJoin(boundPage({ candidates, order: sql`c.id desc`, maxBytes: page.maxBytes }), 'p.id', 't.id')
    .select(['t.id', 't.type', 't.result', 't.finished_at as finishedAt', 'p.isFollowed'])
    .select(tenantName('t').as('tenant'))
    .orderBy('t.id', 'desc')
    .execute()
}
