import { sql } from 'kysely'
import type { Executor } from './ledger.ts'
import { type DeadLetterMatch, matchDeadLetters } from './match-dead-letters.ts'

export interface ManyActs extends DeadLetterMatch {
  /** `discard` closes open ones, `restore` opens discarded ones again. */
  readonly act: 'discard' | 'restore'
  readonly actor: string
  readonly reason: string
  readonly requestId: string
  /** Only those with a greater id: where the chunk before ended. */
  readonly afterId: string | null
  readonly limit: number
}

export interface ActedChunk {
  /** How many were discarded, or restored. */
  readonly count: number
  /** Where the next chunk begins; null when nothing is left that matched. */
  readonly lastId: string | null
}

const MOVES = {
  discard: { from: 'open', to: 'discarded' },
  restore: { from: 'discarded', to: 'open' },
} as const

/**
 * Discards or restores the next dead letters that match, each with its own entry in the audit, in one statement. One that
 * somebody else closes meanwhile is left to them. Locks in id order. Repeated after a lost answer it does what is left.
 */
export async function actOnDeadLetters(executor: Executor, many: ManyActs): Promise<ActedChunk> {
  const { act, actor, reason, requestId, limit } = many
  const { from, to } = MOVES[act]
  const { rows } = await sql<{ chosen: number; count: number; lastId: string | null }>`
    with chosen as (${chosenOf(executor, many)}),
    locked as (
      select id from dead_letters where id = any(array(select id from chosen)) and state = ${from} order by id for update
    ),
    moved as (
      update dead_letters set state = ${to}, ${
        act === 'discard'
          ? sql`closed_at = now(), closed_by = ${actor}, closing_reason = ${reason}`
          : sql`closed_at = null, closed_by = null, closing_reason = null`
      }
      where id = any(array(select id from locked)) and state = ${from}
      returning id, tenant_id, task_id
    ),
    audited as (
      insert into audit_entries (id, tenant_id, actor, action, task_id, dead_letter_id, reason, details)
      select new_task_id(), tenant_id, ${actor}, ${act === 'discard' ? 'dead_letter.discarded' : 'dead_letter.restored'},
        task_id, id, ${reason}::text, jsonb_build_object('requestId', ${requestId}::text)
      from moved order by id
    )
    select (select count(*) from chosen)::int as chosen, (select count(*) from moved)::int as count,
      (select id from chosen order by id desc limit 1) as "lastId"`.execute(executor)
  const [row] = rows
  if (row === undefined) return { count: 0, lastId: null }
  return { count: row.count, lastId: row.chosen === limit ? row.lastId : null }
}

function chosenOf(executor: Executor, { act, afterId, limit, ...match }: ManyActs) {
  const query = matchDeadLetters(executor, match)
    .select('d.id')
    .where('d.state', '=', MOVES[act].from)
    .orderBy('d.id')
    .limit(limit)
  return afterId === null ? query : query.where('d.id', '>', afterId)
}

/** How many a filter means that such an act would move now. */
export async function countActable(
  executor: Executor,
  { act, ...match }: DeadLetterMatch & Pick<ManyActs, 'act'>,
): Promise<number> {
  const row = await matchDeadLetters(executor, match)
    .select(sql<number>`count(*)::int`.as('count'))
    .where('d.state', '=', MOVES[act].from)
    .executeTakeFirst()
  return row?.count ?? 0
}
