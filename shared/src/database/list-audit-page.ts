import { sql, type SqlBool } from 'kysely'
import type { AuditEntryView } from './list-audit-entries.ts'
import type { Executor } from './ledger.ts'

export interface AuditFilter {
  readonly action?: string
  readonly actor?: string
  readonly taskId?: string
  readonly deadLetterId?: string
  /** A redrive of many, with each of its members. */
  readonly redriveId?: string
  /** Acts on a group of dead letters. */
  readonly fingerprint?: string
  readonly after?: Date
  readonly before?: Date
}

export interface AuditPage {
  readonly tenantIds: readonly string[]
  readonly filter: AuditFilter
  readonly limit: number
  readonly beforeId?: string
}

export interface ListedAuditEntry extends AuditEntryView {
  readonly tenant: string
  readonly taskId: string | null
}

/** A page of what was done in these tenants, newest first. */
export function listAuditPage(executor: Executor, page: AuditPage): Promise<ListedAuditEntry[]> {
  const { action, actor, taskId, deadLetterId, redriveId, fingerprint, after, before } = page.filter
  let query = executor
    .selectFrom('audit_entries')
    .select(['id', 'at', 'actor', 'action', 'task_id as taskId', 'dead_letter_id as deadLetterId'])
    .select(['reason', 'details'])
    .select(sql<string>`(select name from tenants where id = audit_entries.tenant_id)`.as('tenant'))
    .where(sql<SqlBool>`tenant_id = any(${page.tenantIds}::uuid[])`)
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.beforeId !== undefined) query = query.where('id', '<', page.beforeId)
  if (action !== undefined) query = query.where('action', '=', action)
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (taskId !== undefined) query = query.where('task_id', '=', taskId)
  if (deadLetterId !== undefined) query = query.where('dead_letter_id', '=', deadLetterId)
  if (redriveId !== undefined)
    query = query.where(sql<SqlBool>`details ? 'redriveId' and details ->> 'redriveId' = ${redriveId}`)
  if (fingerprint !== undefined) query = query.where(sql<SqlBool>`details ->> 'fingerprint' = ${fingerprint}`)
  if (after !== undefined) query = query.where('at', '>=', after)
  if (before !== undefined) query = query.where('at', '<', before)
  return query.execute()
}
