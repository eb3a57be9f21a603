import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { DeadLetterFilter, Words } from '../filter/index.ts'
import { findIdBound } from './find-id-bound.ts'
import type { Executor } from './ledger.ts'
import { type DeadLetterMatch, isMatch } from './match-dead-letters.ts'
import { filterTenants, matchTenants } from './match-tenants.ts'
import { withinSearchTime } from './within-search-time.ts'

export interface DeadLetterIdsPage extends DeadLetterMatch {
  readonly limit: number
  readonly beforeId?: string | undefined
}

/**
 * So many of the newest are looked through before an index is asked. What a page is wanted of is mostly common or recent,
 * and is found here in a few milliseconds. Measured with a million (docs/search.md).
 */
const NEWEST_LOOKED_THROUGH = 5_000

/**
 * The ids of the newest dead letters that match, newest first; without reading what is wide of them. What is not among the
 * newest is rare, or of another time, and its index has it: Postgres, which knows how often a value is but not when, and
 * nothing of words and inputs, would choose the wrong one of the two for either kind.
 */
export async function findDeadLetterIds(
  executor: Executor,
  asked: DeadLetterIdsPage,
): Promise<readonly string[]> {
  const { limit, filter } = asked
  const page = { ...asked, beforeId: earlier(asked.beforeId, await findIdBound(executor, filter.diedAt)) }
  if (filter.taskId?.anyOf === undefined) {
    const newest = await findAmongNewest(executor, page)
    if (newest.length >= limit) return newest
  }
  return await withinSearchTime(executor, (within) => findByIndex(within, page))
}

function findByIndex(executor: Executor, page: DeadLetterIdsPage): Promise<readonly string[]> {
  const { filter } = page
  if (filter.text !== undefined && filter.taskId?.anyOf === undefined) return findByWords(executor, page)
  if (isIndexedByContents(filter)) return findByContents(executor, page)
  const field = drivingField(filter)
  const other = field === null ? excludingField(filter) : null
  return other === null ? findByFields(executor, page, field) : findByOtherValues(executor, page, other)
}

async function findAmongNewest(executor: Executor, page: DeadLetterIdsPage): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select d.id from (
      select * from dead_letters d where ${matchTenants(sql`d.tenant_id`, page.tenantIds)} and ${isBefore(page)}
      order by d.id desc limit ${sql.lit(NEWEST_LOOKED_THROUGH)}
    ) as d where ${isMatch(page.filter)} limit ${page.limit}`.execute(executor)
  return rows.map(({ id }) => id)
}

function isIndexedByContents({ taskId, tag, input = [] }: DeadLetterFilter): boolean {
  if (taskId?.anyOf !== undefined) return true
  return tag?.anyOf !== undefined || input.some(({ anyOf }) => anyOf !== undefined)
}

/** By the tags, the input or the task: all that match are found, then the newest are taken. */
async function findByContents(executor: Executor, page: DeadLetterIdsPage): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from (
      select d.id from dead_letters d
      where ${filterTenants(sql`d.tenant_id`, page.tenantIds)} and ${isBefore(page)} and ${isMatch(page.filter)}
      -- n.b. A fence: else the limit makes Postgres walk through everything in the order of ids.
      offset 0
    ) as found order by id desc limit ${page.limit}`.execute(executor)
  return rows.map(({ id }) => id)
}

/**
 * By the words of the error, week by week back from the newest: the index of words knows the week of each id too (see the
 * migration), and of a page's weeks only the matches are read. Measured: what a tenth of a million had, long ago, took
 * 110 ms when all of it was found and ordered. The weeks come one by one from the recursion, so the limit ends it.
 */
async function findByWords(executor: Executor, page: DeadLetterIdsPage): Promise<readonly string[]> {
  const weekOfNewest = (isOlder: RawBuilder<SqlBool>) =>
    sql`(select id_week(d.id) from dead_letters d where ${isOlder} order by d.id desc limit 1)`
  const { rows } = await sql<{ id: string }>`
    with recursive weeks (week) as (
      select ${weekOfNewest(isBefore(page))}
      union all
      select ${weekOfNewest(sql<SqlBool>`d.id < (lpad(to_hex(w.week * 604800000), 12, '0') || repeat('0', 20))::uuid`)}
      from weeks w where w.week is not null
    )
    select c.id from weeks w cross join lateral (
      select id from (
        select d.id from dead_letters d
        where d.search @@ ('''@' || w.week || '''')::tsquery and ${isMatch(page.filter)}
          and ${filterTenants(sql`d.tenant_id`, page.tenantIds)} and ${isBefore(page)}
        offset 0 -- As in findByContents.
      ) as found order by id desc limit ${page.limit}
    ) as c
    where w.week is not null limit ${page.limit}`.execute(executor)
  return rows.map(({ id }) => id)
}

/** By the index of a field: the newest of each tenant, and of each value where there are several. */
async function findByFields(
  executor: Executor,
  page: DeadLetterIdsPage,
  field: DrivingField | null,
): Promise<readonly string[]> {
  const values = field?.values ?? [null]
  const isDriven = field === null ? sql<SqlBool>`true` : sql<SqlBool>`${field.column} = v.value`
  const { rows } = await sql<{ id: string }>`
    select c.id from unnest(${page.tenantIds}::uuid[]) as o(tenant_id)
    cross join unnest(${values}::text[]) as v(value)
    cross join lateral (
      select d.id from dead_letters d
      where d.tenant_id = o.tenant_id and ${isDriven} and ${isBefore(page)} and ${isMatch(page.filter)}
      order by d.id desc limit ${page.limit}
    ) as c
    order by c.id desc limit ${page.limit}`.execute(executor)
  return rows.map(({ id }) => id)
}

/**
 * By the index of a field, but for some of its values: the others are found first, one after the other, and none. Those
 * whose newest is among the newest of all are enough for a page, and only of them more than one is read.
 */
async function findByOtherValues(
  executor: Executor,
  page: DeadLetterIdsPage,
  { column, values }: DrivingField,
): Promise<readonly string[]> {
  const newest = (isDriven: RawBuilder<SqlBool>, limit: number) => sql`
    cross join lateral (
      select d.id from dead_letters d
      where d.tenant_id = k.tenant_id and ${isDriven} and ${isBefore(page)} and ${isMatch(page.filter)}
      order by d.id desc limit ${limit}
    ) as c`
  const { rows } = await sql<{ id: string }>`
    with recursive kinds (tenant_id, value) as (
      select o.tenant_id, (select min(${column}) from dead_letters d where d.tenant_id = o.tenant_id)
      from unnest(${page.tenantIds}::uuid[]) as o(tenant_id)
      union all
      select k.tenant_id, (select min(${column}) from dead_letters d where d.tenant_id = k.tenant_id and ${column} > k.value)
      from kinds k where k.value is not null
    ),
    newest as (
      select k.tenant_id, k.value from kinds k ${newest(sql`${column} = k.value`, 1)}
      where k.value <> all(${values}::text[]) order by c.id desc limit ${page.limit}
    )
    select id from (
      select c.id from newest k ${newest(sql`${column} = k.value`, page.limit)}
      union all
      select c.id from unnest(${page.tenantIds}::uuid[]) as k(tenant_id) ${newest(sql`${column} is null`, page.limit)}
    ) as found order by id desc limit ${page.limit}`.execute(executor)
  return rows.map(({ id }) => id)
}

interface DrivingField {
  readonly column: RawBuilder<unknown>
  readonly values: readonly string[]
}

/** The first of these that is asked for by value, most telling first; its index gives each value in the order of the list. */
function drivingField(filter: DeadLetterFilter): DrivingField | null {
  const fields: readonly (readonly [Words | undefined, RawBuilder<unknown>])[] = [
    [filter.fingerprint, sql`d.fingerprint`],
    [filter.user, sql`d.for_user`],
    [filter.type, sql`d.type`],
    [filter.workerVersion, sql`d.worker_version`],
    [filter.reason, sql`d.reason`],
    [filter.lane, sql`d.lane`],
    [filter.state, sql`d.state`],
  ]
  for (const [words, column] of fields) if (words?.anyOf !== undefined) return { column, values: words.anyOf }
  return null
}

/** The first of these that excludes values; they are the fields of which there are few. */
function excludingField(filter: DeadLetterFilter): DrivingField | null {
  const fields: readonly (readonly [Words | undefined, RawBuilder<unknown>])[] = [
    [filter.workerVersion, sql`d.worker_version`],
    [filter.type, sql`d.type`],
    [filter.reason, sql`d.reason`],
    [filter.state, sql`d.state`],
    [filter.lane, sql`d.lane`],
  ]
  for (const [words, column] of fields)
    if (words?.noneOf !== undefined) return { column, values: words.noneOf }
  return null
}

function earlier(one: string | undefined, other: string | undefined): string | undefined {
  const [first] = [one, other].filter((id) => id !== undefined).toSorted()
  return first
}

function isBefore({ beforeId }: DeadLetterIdsPage): RawBuilder<SqlBool> {
  return beforeId === undefined ? sql<SqlBool>`true` : sql<SqlBool>`d.id < ${beforeId}::uuid`
}
