import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface RedriveWork {
  readonly redriveId: string
  /** Members go back, or are taken back. */
  readonly kind: 'advance' | 'recall'
}

/** The redrives that the dispatcher has something to do for, oldest first. Reads only. */
export async function listRedriveWork(executor: Executor): Promise<readonly RedriveWork[]> {
  const { rows } = await sql<RedriveWork>`
    select id as "redriveId", case when state = 'running' then 'advance' else 'recall' end as kind from redrives
    where state = 'running' or (recall_asked_at is not null and recall_ended_at is null)
    order by id`.execute(executor)
  return rows
}
