import { sql } from 'kysely'
import type { TaskError } from '../task/index.ts'
import type { Executor } from './ledger.ts'

export interface ForeignMessage {
  readonly id: string
  readonly tenantId: string
  /** Of the message and its death: the same delivery seen twice is kept once. */
  readonly digest: string
  readonly reason: string
  readonly decision: string
  readonly lane: string | null
  readonly error: TaskError
  readonly fingerprint: string
  readonly title: string
  readonly broker: Record<string, unknown>
  readonly raw: Buffer
  readonly rawContentType: string | null
}

/** Keeps messages that are no tickets as dead letters, bytes as they came. Returns the digests that were new. */
export async function keepForeignMessages(
  executor: Executor,
  messages: readonly ForeignMessage[],
): Promise<ReadonlySet<string>> {
  const column = <T>(pick: (message: ForeignMessage) => T): T[] => messages.map(pick)
  const { rows } = await sql<{ foreign_digest: string }>`
    with grouped as (
      insert into dead_letter_groups (tenant_id, fingerprint, title)
      select distinct on (tenant_id, fingerprint) tenant_id, fingerprint, title from unnest(
        ${column((one) => one.tenantId)}::uuid[], ${column((one) => one.fingerprint)}::text[], ${column((one) => one.title)}::text[]
      ) as g (tenant_id, fingerprint, title)
      order by tenant_id, fingerprint
      on conflict do nothing
    )
    insert into dead_letters (id, tenant_id, state, reason, decision, lane, error, fingerprint, opened_at, opened_by, broker, raw,
      raw_content_type, foreign_digest)
    select id, tenant_id, 'open', reason, decision, lane, error::jsonb, fingerprint, now(), 'recorder', broker::jsonb, raw,
      content_type, digest
    from unnest(
      ${column((one) => one.id)}::uuid[], ${column((one) => one.tenantId)}::uuid[], ${column((one) => one.digest)}::text[],
      ${column((one) => one.reason)}::text[], ${column((one) => one.decision)}::text[], ${column((one) => one.lane)}::text[],
      ${column((one) => JSON.stringify(one.error))}::text[], ${column((one) => one.fingerprint)}::text[],
      ${column((one) => JSON.stringify(one.broker))}::text[], ${column((one) => one.raw)}::bytea[],
      ${column((one) => one.rawContentType)}::text[]
    ) as f (id, tenant_id, digest, reason, decision, lane, error, fingerprint, broker, raw, content_type)
    order by digest
    on conflict (foreign_digest) do nothing
    returning foreign_digest`.execute(executor)
  return new Set(rows.map((row) => row.foreign_digest))
}
