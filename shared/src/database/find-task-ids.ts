import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { OPEN_STATES, type TaskState } from '../task/index.ts'
import { idAfter, idUntil } from './id-bound.ts'
import type { Executor } from './ledger.ts'
import { isTaskMatch, type TaskMatch } from './match-tasks.ts'
import { filterTenants, matchTenants } from './match-tenants.ts'
import { withinSearchTime } from './within-search-time.ts'

export interface TaskIdsPage extends TaskMatch {
  readonly limit: number
  readonly beforeId?: string | undefined
}

/** As in find-dead-letter-ids.ts. */
const NEWEST_LOOKED_THROUGH = 5_000
/** Of so many tenants the tasks are looked up type by type; of more it is quicker to look through all tasks. A guess. */
const FEW_TENANTS = 10

/**
 * The ids of the newest tasks that match, newest first. Most are among the newest; else the way is chosen that has the
 * fewest rows. There is no index on what changes, so some filters (a lane, attempts, what is not) look through all tasks.
 */
export async function findTaskIds(executor: Executor, page: TaskIdsPage): Promise<readonly string[]> {
  const newest = await findAmongNewest(executor, page)
  if (newest.length >= page.limit) return newest
  const { rows } = await withinSearchTime(executor, (within) => wayTo(page).execute(within))
  return rows.map(({ id }) => id)
}

type Ids = RawBuilder<{ id: string }>

async function findAmongNewest(executor: Executor, page: TaskIdsPage): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select t.id from (
      select * from tasks t where ${isWithin(page)} order by t.id desc limit ${sql.lit(NEWEST_LOOKED_THROUGH)}
    ) as t left join open_tasks o on o.task_id = t.id
    where ${matchTenants(sql`t.tenant_id`, page.tenantIds)} and ${isTaskMatch(page.filter)}
    order by t.id desc limit ${page.limit}`.execute(executor)
  return rows.map(({ id }) => id)
}

function wayTo(page: TaskIdsPage): Ids {
  const { state, type, user, tag } = page.filter
  if (tag?.anyOf !== undefined) return findByTags(page)
  if (user?.anyOf !== undefined) return findByColumn(page, sql`t.for_user`, user.anyOf)
  if (state?.anyOf?.every(isOpen) === true) return findOpen(page)
  if (type?.anyOf !== undefined) return findByColumn(page, sql`t.type`, type.anyOf)
  if (state?.anyOf?.every(isRare) === true) return findRare(page, state.anyOf)
  return page.tenantIds.length <= FEW_TENANTS ? findByTenants(page) : findAmongAll(page)
}

function findByTags(page: TaskIdsPage): Ids {
  return sql`
    select id from (
      select t.id from tasks t left join open_tasks o on o.task_id = t.id
      where ${filterTenants(sql`t.tenant_id`, page.tenantIds)} and ${isWithin(page)} and ${isTaskMatch(page.filter)}
      offset 0
    ) as found order by id desc limit ${page.limit}`
}

/** The index of the column gives each tenant's newest of each value. */
function findByColumn(page: TaskIdsPage, column: RawBuilder<unknown>, values: readonly string[]): Ids {
  return sql`
    select c.id from unnest(${page.tenantIds}::uuid[]) as w(tenant_id)
    cross join unnest(${values}::text[]) as v(value)
    cross join lateral (
      select t.id from tasks t left join open_tasks o on o.task_id = t.id
      where t.tenant_id = w.tenant_id and ${column} = v.value and ${isWanted(page)}
      order by t.id desc limit ${page.limit}
    ) as c
    order by c.id desc limit ${page.limit}`
}

function findOpen(page: TaskIdsPage): Ids {
  return sql`
    select t.id from open_tasks o join tasks t on t.id = o.task_id where ${isWanted(page)}
    order by t.id desc limit ${page.limit}`
}

/** Failed, cancelled and expired tasks are listed apart. */
function findRare(page: TaskIdsPage, states: readonly TaskState[]): Ids {
  return sql`
    select c.id from unnest(${page.tenantIds}::uuid[]) as w(tenant_id)
    cross join unnest(${states}::text[]) as v(state)
    cross join lateral (
      select t.id from rare_endings r join tasks t on t.id = r.task_id left join open_tasks o on o.task_id = t.id
      where r.tenant_id = w.tenant_id and r.state = v.state and ${isWanted(page)}
      order by r.task_id desc limit ${page.limit}
    ) as c
    order by c.id desc limit ${page.limit}`
}

/** There is an index by tenant and type, and none by tenant alone: one that every submission would have to write. */
function findByTenants(page: TaskIdsPage): Ids {
  return sql`
    with recursive kinds (tenant_id, type) as (
      select w.tenant_id, (select min(type) from tasks where tenant_id = w.tenant_id)
      from unnest(${page.tenantIds}::uuid[]) as w(tenant_id)
      union all
      select k.tenant_id, (select min(type) from tasks where tenant_id = k.tenant_id and type > k.type)
      from kinds k where k.type is not null
    )
    select c.id from kinds k
    cross join lateral (
      select t.id from tasks t left join open_tasks o on o.task_id = t.id
      where t.tenant_id = k.tenant_id and t.type = k.type and ${isWanted(page)}
      order by t.id desc limit ${page.limit}
    ) as c
    order by c.id desc limit ${page.limit}`
}

function findAmongAll(page: TaskIdsPage): Ids {
  return sql`
    select t.id from tasks t left join open_tasks o on o.task_id = t.id where ${isWanted(page)}
    order by t.id desc limit ${page.limit}`
}

function isWanted(page: TaskIdsPage): RawBuilder<SqlBool> {
  return sql<SqlBool>`(${matchTenants(sql`t.tenant_id`, page.tenantIds)} and ${isWithin(page)} and ${isTaskMatch(page.filter)})`
}

/** What was accepted within a time has an id of about that time. */
function isWithin({ beforeId, filter: { createdAt } }: TaskIdsPage): RawBuilder<SqlBool> {
  const lower = createdAt?.from === undefined ? [] : [sql<SqlBool>`t.id >= ${idUntil(createdAt.from)}::uuid`]
  const before = [
    ...(beforeId === undefined ? [] : [beforeId]),
    ...(createdAt?.before === undefined ? [] : [idAfter(createdAt.before)]),
  ].toSorted()[0]
  const upper = before === undefined ? [] : [sql<SqlBool>`t.id < ${before}::uuid`]
  return sql<SqlBool>`(${sql.join([sql`true`, ...lower, ...upper], sql` and `)})`
}

function isOpen(state: TaskState): boolean {
  return (OPEN_STATES as readonly TaskState[]).includes(state)
}

function isRare(state: TaskState): boolean {
  return state === 'failed' || state === 'cancelled' || state === 'expired'
}
