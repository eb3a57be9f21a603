import { type RawBuilder, type SelectQueryBuilder, sql, type SqlBool } from 'kysely'
import type { DeadLetterFilter } from '../filter/index.ts'
import type { DeadLettersTable, Executor, Ledger } from './ledger.ts'
import { matchInput } from './match-input.ts'
import { matchNumbers } from './match-numbers.ts'
import { matchTags } from './match-tags.ts'
import { matchTenants } from './match-tenants.ts'
import { matchText } from './match-text.ts'
import { matchTimes } from './match-times.ts'
import { matchWords } from './match-words.ts'

export interface DeadLetterMatch {
  /** Whose dead letters: those of a tenant, or of every tenant for whoever runs the installation. */
  readonly tenantIds: readonly string[]
  /** n.b. Its tenants are names, which the caller has made these ids of. */
  readonly filter: DeadLetterFilter
}

type MatchQuery = SelectQueryBuilder<Ledger & { d: DeadLettersTable }, 'd', object>

/** The dead letters `d` that a filter means, without columns, order or limit: for lists, counts and acts on many alike. */
export function matchDeadLetters(executor: Executor, { tenantIds, filter }: DeadLetterMatch): MatchQuery {
  return executor
    .selectFrom('dead_letters as d')
    .where(matchTenants(sql`d.tenant_id`, tenantIds))
    .where(isMatch(filter))
}

/** The filter's conditions over `d`, without the tenants. */
export function isMatch(filter: DeadLetterFilter): RawBuilder<SqlBool> {
  const conditions = [
    ...matchColumns(filter),
    ...(filter.input ?? []).map((condition) => matchInput(sql`d.input`, condition)),
  ]
  return conditions.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(conditions, sql` and `)})`
}

function matchColumns(filter: DeadLetterFilter): RawBuilder<SqlBool>[] {
  const { state, reason, type, lane, user, tag, fingerprint, workerVersion } = filter
  const { attempts, diedAt, foreign, taskId, text } = filter
  return [
    ...(state === undefined ? [] : [matchWords(sql`d.state`, state)]),
    ...(reason === undefined ? [] : [matchWords(sql`d.reason`, reason)]),
    ...(type === undefined ? [] : [matchWords(sql`d.type`, type)]),
    ...(lane === undefined ? [] : [matchWords(sql`d.lane`, lane)]),
    ...(user === undefined ? [] : [matchWords(sql`d.for_user`, user)]),
    ...(tag === undefined ? [] : [matchTags(sql`d.tags`, tag)]),
    ...(fingerprint === undefined ? [] : [matchWords(sql`d.fingerprint`, fingerprint)]),
    ...(workerVersion === undefined ? [] : [matchWords(sql`d.worker_version`, workerVersion)]),
    ...(attempts === undefined ? [] : [matchNumbers(sql`d.attempt_count`, attempts)]),
    ...(diedAt === undefined ? [] : [matchTimes(sql`d.died_at`, diedAt)]),
    ...(foreign === undefined
      ? []
      : [foreign ? sql<SqlBool>`d.task_id is null` : sql<SqlBool>`d.task_id is not null`]),
    ...(taskId === undefined ? [] : [matchIds(taskId)]),
    ...(text === undefined ? [] : [matchText(sql`d.search`, text)]),
  ]
}

function matchIds({ anyOf, noneOf }: NonNullable<DeadLetterFilter['taskId']>): RawBuilder<SqlBool> {
  if (anyOf !== undefined) return sql<SqlBool>`d.task_id = any(${anyOf}::uuid[])`
  return sql<SqlBool>`(d.task_id is null or d.task_id <> all(${noneOf ?? []}::uuid[]))`
}
