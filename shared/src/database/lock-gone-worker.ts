import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

/**
 * The last look before a worker's attempts are taken: true when it is still gone (ended before, its lease over, or
 * its lock free), and then its row stays locked until the transaction ends, so that it cannot renew its lease meanwhile.
 */
export async function lockGoneWorker(transaction: Executor, workerId: string): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    select w.id from workers w
    where w.id = ${workerId} and (w.state in ('lost', 'stopped') or (w.state in ('running', 'draining') and (
      w.lease_until < now() - interval '2 seconds'
      or not exists (
        select from pg_locks l
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1
          and l.database = (select oid from pg_database where datname = current_database())
          and l.classid::bigint = (w.lock_key >> 32) & 4294967295 and l.objid::bigint = w.lock_key & 4294967295
      ))))
    for update of w`.execute(transaction)
  return rows.length > 0
}
