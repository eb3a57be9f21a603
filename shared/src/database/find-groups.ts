import { type RawBuilder, sql } from 'kysely'
import { type DeadLetterState, GROUP_STATES, type GroupState } from '../task/index.ts'
import type { Executor } from './ledger.ts'
import { type DeadLetterMatch, matchDeadLetters } from './match-dead-letters.ts'

export const GROUP_ORDERS = ['lastSeen', 'firstSeen', 'count'] as const
export type GroupOrder = (typeof GROUP_ORDERS)[number]

export interface GroupQuery extends DeadLetterMatch {
  /** Only these faults. */
  readonly fingerprints?: readonly string[]
  readonly states?: readonly GroupState[]
  readonly order: GroupOrder
  readonly limit: number
  /** The place of the last group of the page before. */
  readonly after?: GroupPlace
  /** Also groups whose dead letters are all gone, or do not match. */
  readonly withEmpty?: boolean
}

export interface GroupPlace {
  readonly place: string
  readonly fingerprint: string
}

export interface Counted {
  readonly name: string
  readonly count: number
}

export interface GroupView extends GroupPlace {
  readonly title: string
  /** Of the tenant whose group needs an operator most, as are the next five. */
  readonly state: GroupState
  readonly stateChangedAt: Date | null
  readonly stateChangedBy: string | null
  readonly stateReason: string | null
  readonly ignoredUntil: Date | null
  readonly ignoredUntilCount: number | null
  readonly ignoredOverRate: number | null
  readonly firstSeenAt: Date
  /** The newest dead letter; null without any. */
  readonly lastSeenAt: Date | null
  readonly all: number
  readonly carried: number
  readonly open: number
  readonly redriven: number
  readonly discarded: number
  /** Dead letters by hour: 24 is the last hour, 1 the one that began 24 hours ago; hours without any are not there. */
  readonly byHour: Readonly<Record<string, number>> | null
  readonly types: readonly Counted[]
  readonly workerVersions: readonly Counted[]
  readonly tenants: readonly (Counted & { readonly state: GroupState })[]
  readonly tenantCount: number
  readonly example: GroupExample | null
  readonly noteCount: number
}

/** The newest dead letter of a group. */
export interface GroupExample {
  readonly id: string
  readonly taskId: string | null
  readonly tenant: string
  readonly type: string | null
  readonly state: DeadLetterState
  readonly reason: string
  readonly diedAt: string
}

/** Types, versions and tenants of a group that are named, those with most dead letters first. */
const MAX_NAMED = 20

/** In Postgres's usual 4 MB, 100,000 dead letters are sorted on disk to be counted, in 670 ms where this takes 300 ms. */
const COUNTING_MEMORY = '64MB'

/**
 * Groups of dead letters, one for each fault whatever number of tenants met it, with all that is counted of them. All
 * dead letters that match are read once, from an index alone unless the filter needs more. Read-only.
 */
export async function findGroups(executor: Executor, query: GroupQuery): Promise<readonly GroupView[]> {
  if (!executor.isTransaction)
    return executor.transaction().execute((transaction) => findGroups(transaction, query))
  await sql`set local work_mem = ${sql.lit(COUNTING_MEMORY)}`.execute(executor)
  const { tenantIds, limit } = query
  const { rows } = await sql<GroupView>`
    with facets as materialized (${countFacets(executor, query)}),
    met as (
      select fingerprint, sum(n)::int as "all", min(first_at) as first_at, max(last_at) as last_at,
        ${sql.join(['carried', 'open', 'redriven', 'discarded'].map(countState))}
      from facets group by fingerprint
    ),
    known as (${knownGroups(query)}),
    page as (${choosePage(query)} order by place desc, fingerprint desc limit ${limit}),
    ${topOf('type', 'types_of')}, ${topOf('worker_version', 'versions_of')}, ${hoursOf()}, ${tenantsOf(tenantIds)}
    select p.fingerprint, p.place::text as place, p.title, p.state, p.state_changed_at as "stateChangedAt",
      p.state_changed_by as "stateChangedBy", p.state_reason as "stateReason", p.ignored_until as "ignoredUntil",
      p.ignored_until_count as "ignoredUntilCount", p.ignored_over_rate as "ignoredOverRate", p.first_at as "firstSeenAt",
      p.last_at as "lastSeenAt", coalesce(p."all", 0) as "all", coalesce(p.carried, 0) as carried, coalesce(p.open, 0) as open,
      coalesce(p.redriven, 0) as redriven, coalesce(p.discarded, 0) as discarded, h.by_hour as "byHour",
      coalesce(t.list, '[]') as types, coalesce(v.list, '[]') as "workerVersions", n.list as tenants,
      n.count as "tenantCount", ${exampleOf(executor, query)} as example,
      (select count(distinct id)::int from group_notes where fingerprint = p.fingerprint and tenant_id = any(${tenantIds}::uuid[]))
        as "noteCount"
    from page p left join types_of t using (fingerprint) left join versions_of v using (fingerprint)
      left join hours_of h using (fingerprint) left join tenants_of n using (fingerprint)
    order by p.place desc, p.fingerprint desc`.execute(executor)
  return rows
}

/** The only part that reads every dead letter: what the rest counts is some thousand rows of its answer. */
function countFacets(
  executor: Executor,
  { tenantIds, filter, fingerprints }: GroupQuery,
): RawBuilder<unknown> {
  const matched = matchDeadLetters(executor, { tenantIds, filter }).select([
    'd.tenant_id',
    'd.fingerprint',
    'd.type',
    'd.worker_version',
    'd.state',
    'd.died_at',
  ])
  const ofFaults = fingerprints === undefined ? matched : matched.where('d.fingerprint', 'in', fingerprints)
  return sql`
    select m.tenant_id, m.fingerprint, m.type, m.worker_version, m.state, width_bucket(m.died_at, ${HOURS}) as hour,
      count(*) as n, min(m.died_at) as first_at, max(m.died_at) as last_at
    from (${ofFaults}) as m group by 1, 2, 3, 4, 5, 6`
}

/** When each of the last 24 hours began. n.b. A subquery, so that it is made once and not for each row. */
const HOURS = sql`(select array(select now() - make_interval(hours => 24 - passed) from generate_series(0, 23) as passed))`

function countState(state: string): RawBuilder<unknown> {
  return sql`(sum(n) filter (where state = ${state}))::int as ${sql.ref(state)}`
}

/** Of a fault that several tenants met, the group that needs an operator most stands for all. */
function knownGroups({ tenantIds, fingerprints }: GroupQuery): RawBuilder<unknown> {
  const ofFaults = fingerprints === undefined ? sql`true` : sql`g.fingerprint = any(${fingerprints}::text[])`
  return sql`
    select distinct on (g.fingerprint) g.*, min(g.first_seen_at) over (partition by g.fingerprint) as first_seen
    from dead_letter_groups g where g.tenant_id = any(${tenantIds}::uuid[]) and ${ofFaults}
    order by g.fingerprint, array_position(${GROUP_STATES}::text[], g.state), g.state_changed_at desc nulls last`
}

function choosePage({ order, states, after, withEmpty = false }: GroupQuery): RawBuilder<unknown> {
  const firstAt = sql`least(k.first_seen, m.first_at)`
  const micros = (instant: RawBuilder<unknown>) =>
    sql`coalesce((extract(epoch from ${instant}) * 1000000)::bigint, 0)`
  const place = {
    lastSeen: micros(sql`m.last_at`),
    firstSeen: micros(firstAt),
    count: sql`coalesce(m."all", 0)::bigint`,
  }[order]
  return sql`
    select k.fingerprint, k.title, k.state, k.state_changed_at, k.state_changed_by, k.state_reason, k.ignored_until,
      k.ignored_until_count, k.ignored_over_rate, ${firstAt} as first_at, m.last_at, m."all", m.carried, m.open, m.redriven,
      m.discarded, ${place} as place
    from known k left join met m using (fingerprint)
    where (${withEmpty}::boolean or m."all" is not null)
      and (${states ?? null}::text[] is null or k.state = any(${states ?? null}::text[]))
      and (${after === undefined}::boolean or (${place}, k.fingerprint) < (${after?.place ?? null}::bigint, ${after?.fingerprint ?? null}::text))`
}

function topOf(column: 'type' | 'worker_version', name: string): RawBuilder<unknown> {
  return sql`${sql.ref(name)} as (
    select fingerprint, jsonb_agg(jsonb_build_object('name', name, 'count', n) order by n desc, name) as list
    from (
      select fingerprint, ${sql.ref(column)} as name, sum(n) as n,
        row_number() over (partition by fingerprint order by sum(n) desc, ${sql.ref(column)}) as rank
      from facets where ${sql.ref(column)} is not null and fingerprint in (select fingerprint from page) group by 1, 2
    ) as ranked where rank <= ${MAX_NAMED} group by fingerprint
  )`
}

function hoursOf(): RawBuilder<unknown> {
  return sql`hours_of as (
    select fingerprint, jsonb_object_agg(hour, n) as by_hour
    from (select fingerprint, hour, sum(n) as n from facets where hour > 0 group by 1, 2) as hourly group by fingerprint
  )`
}

function tenantsOf(tenantIds: readonly string[]): RawBuilder<unknown> {
  return sql`tenants_of as (
    select fingerprint, max(rank)::int as count, jsonb_agg(jsonb_build_object('name', name, 'state', state, 'count', n)
      order by n desc, name) filter (where rank <= ${MAX_NAMED}) as list
    from (
      select g.fingerprint, t.name, g.state, coalesce(c.n, 0) as n,
        row_number() over (partition by g.fingerprint order by coalesce(c.n, 0) desc, t.name) as rank
      from dead_letter_groups g join page p using (fingerprint) join tenants t on t.id = g.tenant_id
        left join (select tenant_id, fingerprint, sum(n) as n from facets group by 1, 2) c
          on c.tenant_id = g.tenant_id and c.fingerprint = g.fingerprint
      where g.tenant_id = any(${tenantIds}::uuid[])
    ) as ranked group by fingerprint
  )`
}

/** The newest that matches: one probe of the index, because when it died is known. */
function exampleOf(executor: Executor, { tenantIds, filter }: GroupQuery): RawBuilder<unknown> {
  const newest = matchDeadLetters(executor, { tenantIds, filter })
    .innerJoin('tenants as t', 't.id', 'd.tenant_id')
    .where('d.fingerprint', '=', sql<string>`p.fingerprint`)
    .where('d.died_at', '=', sql<Date>`p.last_at`)
    .select(
      sql`jsonb_build_object('id', d.id, 'taskId', d.task_id, 'tenant', t.name, 'type', d.type, 'state', d.state,
        'reason', d.reason, 'diedAt', d.died_at)`.as('example'),
    )
    .limit(1)
  return sql`(${newest})`
}
