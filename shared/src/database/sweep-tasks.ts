import { sql } from 'kysely'
import type { DifferenceKind } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import type { Difference, EndedCounts, LedgerSweep } from './ledger-sweep.ts'

export interface SweptTasks {
  /** When all of it was seen. */
  readonly at: Date
  readonly accepted: number
  readonly ended: EndedCounts
  readonly open: number
  readonly differences: readonly Difference[]
  /** Where the next page begins; null after the last. */
  readonly next: string | null
}

export interface PageRequest {
  /** The last id of the page before. */
  readonly after: string
  readonly limit: number
}

/** Below every id. */
export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'
const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
/** Enough to begin with; the count says how many there are. */
const NAMED = 20

interface Row extends EndedCounts {
  readonly at: Date
  readonly accepted: number
  readonly open: number
  readonly last: string | null
  readonly differences: readonly { kind: DifferenceKind; count: number; taskIds: readonly string[] }[] | null
}

/**
 * Counts the next tasks in the order of their ids, with their open rows and live dead letters, and names those that
 * contradict the rule. One statement, so all of a page is seen at one moment and none of it blocks anybody.
 */
export async function sweepTasks(executor: Executor, { after, limit }: PageRequest): Promise<SweptTasks> {
  const { rows } = await sql<Row>`
    with page as materialized (
      select id, state from tasks where id > ${after}::uuid order by id limit ${limit}
    ),
    -- No max of uuids before Postgres 18.
    ends as materialized (
      select case when (select count(*) from page) = ${limit} then (select id from page order by id desc limit 1) end as last
    ),
    judged as (
      select p.id, p.state, o.task_id is not null as is_open, case
        when p.state is null and o.task_id is null then 'neither_ended_nor_open'
        when p.state is not null and o.task_id is not null then 'ended_and_open'
        when p.state = 'failed' and d.task_id is null then 'failed_without_a_dead_letter'
        when p.state is distinct from 'failed' and d.task_id is not null then 'dead_letter_without_a_failure'
      end as kind
      from page p
      left join open_tasks o on o.task_id = p.id
      left join dead_letters d on d.task_id = p.id and d.state <> 'redriven'
    ),
    differing as (
      select kind, id from judged where kind is not null
      union all
      select 'open_without_a_task', o.task_id from open_tasks o
      where o.task_id > ${after}::uuid and o.task_id <= (select coalesce(last, ${AFTER_ALL}::uuid) from ends)
        and not exists (select from page p where p.id = o.task_id)
    ),
    by_kind as (
      select kind, count(*) as count, (array_agg(id order by id))[1:${sql.lit(NAMED)}] as ids from differing group by kind
    )
    select now() as at, count(*)::int as accepted,
      count(*) filter (where state = 'succeeded')::int as succeeded, count(*) filter (where state = 'failed')::int as failed,
      count(*) filter (where state = 'cancelled')::int as cancelled, count(*) filter (where state = 'expired')::int as expired,
      count(*) filter (where is_open)::int as open,
      (select last from ends) as last,
      (select jsonb_agg(jsonb_build_object('kind', kind, 'count', count, 'taskIds', ids)) from by_kind) as differences
    from judged`.execute(executor)
  const [row] = rows
  if (row === undefined) throw new Error('an aggregate without a row')
  const { at, accepted, open, last, differences, ...ended } = row
  return { at, accepted, open, ended, differences: differences ?? [], next: last }
}

export interface SweptDeadLetters {
  readonly at: Date
  readonly counts: LedgerSweep['deadLetters']
  readonly next: string | null
}

/** Counts the next dead letters in the order of their ids, by state. */
export async function sweepDeadLetters(
  executor: Executor,
  { after, limit }: PageRequest,
): Promise<SweptDeadLetters> {
  const { rows } = await sql<LedgerSweep['deadLetters'] & { at: Date; last: string | null }>`
    with page as materialized (
      select id, state from dead_letters where id > ${after}::uuid order by id limit ${limit}
    )
    select now() as at, count(*) filter (where state = 'carried')::int as carried, count(*) filter (where state = 'open')::int as open,
      count(*) filter (where state = 'redriven')::int as redriven, count(*) filter (where state = 'discarded')::int as discarded,
      case when count(*) = ${limit} then (select id from page order by id desc limit 1) end as last
    from page`.execute(executor)
  const [row] = rows
  if (row === undefined) throw new Error('an aggregate without a row')
  const { at, last, ...counts } = row
  return { at, counts, next: last }
}
