import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface GoneWorker {
  readonly id: string
  readonly host: string
  /** True when the lease ended two seconds ago or more; else only its lock is free, which one look does not prove. */
  readonly isLeaseOver: boolean
}

export interface Look {
  /** Changes when the server was restarted or another one answers. */
  readonly server: string
  readonly gone: readonly GoneWorker[]
  /** Workers given up in the last minute: a claim that was under way may have come after the first sweep. */
  readonly recentlyLost: readonly string[]
}

/** Which workers no longer hold their lock, or whose lease is over, by the database's clock. Reads only. */
export async function findGoneWorkers(session: Executor): Promise<Look> {
  const { rows } = await sql<{ id: string; host: string; isLeaseOver: boolean; isLost: boolean }>`
    select w.id, w.host, w.lease_until < now() - interval '2 seconds' as "isLeaseOver", w.state = 'lost' as "isLost"
    from workers w
    where (w.state = 'lost' and w.ended_at > now() - interval '1 minute')
      or (w.state in ('running', 'draining') and (
        w.lease_until < now() - interval '2 seconds'
        or not exists (
          select from pg_locks l
          where l.locktype = 'advisory' and l.granted and l.objsubid = 1
            and l.database = (select oid from pg_database where datname = current_database())
            and l.classid::bigint = (w.lock_key >> 32) & 4294967295 and l.objid::bigint = w.lock_key & 4294967295
        )))`.execute(session)
  const server = await sql<{ started: string }>`
    select pg_postmaster_start_time()::text || coalesce(host(inet_server_addr()), '') as started`.execute(
    session,
  )
  return {
    server: server.rows[0]?.started ?? '',
    gone: rows.filter((row) => !row.isLost),
    recentlyLost: rows.filter((row) => row.isLost).map((row) => row.id),
  }
}

/**
 * Workers that ended, however long ago, and still have attempts: claims that were under way then and were committed when
 * nobody looked any more. Reads every open row.
 */
export async function findForgottenWorkers(session: Executor): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select w.id from workers w
    where w.state in ('lost', 'stopped')
      and w.id in (select worker_id from open_tasks where token is not null)`.execute(session)
  return rows.map((row) => row.id)
}
