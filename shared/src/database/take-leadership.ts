import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

// The first half of a two-part advisory lock, so that ours never meet those of other programs or of the workers.
const LOCK_SPACE = 0x7265_6472

/**
 * Tries to become the one that does this work, for as long as the session's connection lives. Asking again while holding
 * it would count twice, so callers ask once per connection.
 */
export async function takeLeadership(session: Executor, work: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_lock(${LOCK_SPACE}, hashtext(${work})) as taken`.execute(session)
  return rows[0]?.taken ?? false
}
