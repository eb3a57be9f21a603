import { type RawBuilder, sql, type SqlBool } from 'kysely'

/** A tenant's group that a statement of the watcher has just changed. */
export interface WatchedGroup {
  readonly fingerprint: string
  readonly title: string
  /** What ended the time in which it was ignored. */
  readonly why: 'time' | 'count' | 'rate' | null
  /** Another tenant's group of the same fault needs an operator already, and was told: this one is no news. */
  readonly isKnownElsewhere: boolean
}

/** Over a part `changed c`. n.b. Sees the groups as they were before the statement, so those it changes together are news. */
export const IS_KNOWN_ELSEWHERE: RawBuilder<SqlBool> = sql<SqlBool>`exists (
  select from dead_letter_groups s
  where s.fingerprint = c.fingerprint and s.tenant_id <> c.tenant_id and s.told_at is not null and s.state in ('open', 'regressed')
)`
