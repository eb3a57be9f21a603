import { sql } from 'kysely'
import type { Executor } from './ledger.ts'
import { SearchTooWideError } from './search-too-wide-error.ts'

/** Less than a client waits, and enough to look through a million rows. */
const SEARCH_MS = 4_000
const CANCELED = '57014'

/**
 * Runs a search that may look through everything, for four seconds at most, so that a few of them do not take the ledger
 * from those who work with it. Within a transaction its own limit is kept. Throws SearchTooWideError.
 */
export async function withinSearchTime<T>(
  executor: Executor,
  search: (executor: Executor) => Promise<T>,
): Promise<T> {
  if (executor.isTransaction) return await search(executor)
  try {
    return await executor.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = ${sql.lit(SEARCH_MS)}`.execute(transaction)
      return await search(transaction)
    })
  } catch (error) {
    const isTooLong = error instanceof Error && 'code' in error && error.code === CANCELED
    throw isTooLong ? new SearchTooWideError(SEARCH_MS, error) : error
  }
}
