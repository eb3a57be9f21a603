import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { TaskFilter } from '../filter/index.ts'
import { OPEN_STATES, type EndedState, type OpenState, type TaskState } from '../task/index.ts'
import { matchInput } from './match-input.ts'
import { matchNumbers } from './match-numbers.ts'
import { matchTags } from './match-tags.ts'
import { matchText } from './match-text.ts'
import { matchTimes } from './match-times.ts'
import { matchWords } from './match-words.ts'

export interface TaskMatch {
  readonly tenantIds: readonly string[]
  /** n.b. Its tenants are names, which the caller has made these ids of. */
  readonly filter: TaskFilter
}

/** The filter's conditions over `t` (tasks) and `o` (open_tasks, null once it has ended), without the tenants. */
export function isTaskMatch(filter: TaskFilter): RawBuilder<SqlBool> {
  const { state, type, lane, user, tag, attempts, createdAt, text, input = [] } = filter
  const conditions = [
    ...(state === undefined ? [] : [matchStates(state)]),
    ...(type === undefined ? [] : [matchWords(sql`t.type`, type)]),
    ...(lane === undefined ? [] : [matchWords(sql`coalesce(o.lane, t.lane)`, lane)]),
    ...(user === undefined ? [] : [matchWords(sql`t.for_user`, user)]),
    ...(tag === undefined ? [] : [matchTags(sql`t.tags`, tag)]),
    ...(attempts === undefined
      ? []
      : [matchNumbers(sql`coalesce(o.charged_attempts, t.charged_attempts)`, attempts)]),
    ...(createdAt === undefined ? [] : [matchTimes(sql`t.created_at`, createdAt)]),
    ...(text === undefined ? [] : [sql<SqlBool>`(t.error is not null and ${matchText(ERROR_WORDS, text)})`]),
    ...input.map((condition) => matchInput(sql`t.input`, condition)),
  ]
  return conditions.length === 0 ? sql<SqlBool>`true` : sql<SqlBool>`(${sql.join(conditions, sql` and `)})`
}

// As in the generated column of dead letters.
const ERROR_WORDS = sql`to_tsvector('simple', error_text(t.error))`

function matchStates({ anyOf, noneOf }: NonNullable<TaskFilter['state']>): RawBuilder<SqlBool> {
  const any = sql.join((anyOf ?? noneOf ?? []).map(stateIs), sql` or `)
  return anyOf === undefined ? sql<SqlBool>`not (${any})` : sql<SqlBool>`(${any})`
}

function stateIs(state: TaskState): RawBuilder<SqlBool> {
  if (state === 'succeeded') return sql<SqlBool>`t.state is not distinct from 'succeeded'`
  if (isOpen(state)) return OPEN_CONDITIONS[state]
  return sql<SqlBool>`exists (select from rare_endings r
    where r.tenant_id = t.tenant_id and r.state = ${sql.lit(state)} and r.task_id = t.id)`
}

function isOpen(state: OpenState | EndedState): state is OpenState {
  return (OPEN_STATES as readonly string[]).includes(state)
}

// Keep together with the state's expression in select-tasks.ts. Each is true or false, so that it can be negated.
const OPEN_CONDITIONS: Readonly<Record<OpenState, RawBuilder<SqlBool>>> = {
  running: sql<SqlBool>`(o.token is not null)`,
  queued: sql<SqlBool>`(o.token is null and o.confirmed_at is not null)`,
  scheduled: sql<SqlBool>`(o.task_id is not null and o.token is null and o.confirmed_at is null and o.due_at > now() and o.attempt = 0)`,
  retrying: sql<SqlBool>`(o.task_id is not null and o.token is null and o.confirmed_at is null and o.due_at > now() and o.attempt > 0)`,
  waiting: sql<SqlBool>`(o.task_id is not null and o.token is null and o.confirmed_at is null and o.due_at <= now())`,
}
