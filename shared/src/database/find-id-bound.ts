import { sql } from 'kysely'
import type { Times } from '../filter/index.ts'
import { idAfter } from './id-bound.ts'
import type { Executor } from './ledger.ts'

/**
 * An id that comes after every dead letter that died before the end of a time, so that a search need not begin with the
 * newest of all. Undefined where there is no end, or one that died before it has an id of later: then only the times say.
 */
export async function findIdBound(
  executor: Executor,
  diedAt: Times | undefined,
): Promise<string | undefined> {
  const before = diedAt?.before
  if (before === undefined) return undefined
  // Keep together with the index dead_letters_out_of_time, whose condition this is.
  const { rows } = await sql<{ isOutOfTime: boolean }>`
    select exists (
      select from dead_letters where died_at < ${before}::timestamptz
        and id_millis(id)
          > extract(epoch from died_at - timestamptz '1970-01-01 00:00:00+00') * 1000 + 600000
    ) as "isOutOfTime"`.execute(executor)
  return rows[0]?.isOutOfTime === false ? idAfter(before) : undefined
}
