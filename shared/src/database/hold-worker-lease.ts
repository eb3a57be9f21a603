import { sql } from 'kysely'
import type { Executor } from './ledger.ts'

export interface WorkerIdentity {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly lanes: readonly string[]
  readonly types: readonly string[]
  readonly concurrency: number
  /** Tickets of one lane that it may hold unsettled; without it, nobody can tell how many it may have. */
  readonly prefetch?: number
}

/**
 * The key of the advisory lock that says that a worker's process lives: the random half of its UUIDv7 as a signed 64-bit
 * number in decimal digits.
 */
export function workerLockKey(workerId: string): string {
  return BigInt.asIntN(64, BigInt(`0x${workerId.replaceAll('-', '').slice(16)}`)).toString()
}

/** Takes the worker's lock for the session that asks; false while a former connection of the same worker still holds it. */
export async function takeWorkerLock(session: Executor, workerId: string): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_lock(${workerLockKey(workerId)}::bigint) as taken`.execute(session)
  return rows[0]?.taken ?? false
}

/** Writes the worker's row with a fresh lease; also for one that had been given up, whose attempts are gone by then. */
export async function registerWorker(
  session: Executor,
  worker: WorkerIdentity,
  leaseMs: number,
): Promise<void> {
  await sql`
    insert into workers (id, lock_key, host, pid, version, lanes, types, concurrency, prefetch, state, lease_until)
    values (${worker.id}, ${workerLockKey(worker.id)}::bigint, ${worker.host}, ${worker.pid}, ${worker.version},
      ${worker.lanes}::text[], ${worker.types}::text[], ${worker.concurrency}, ${worker.prefetch ?? null}::int, 'running',
      now() + ${leaseMs} * interval '1 millisecond')
    on conflict (id) do update set state = 'running', lease_until = excluded.lease_until, ended_at = null`.execute(
    session,
  )
}

/**
 * Renews the lease. False when the worker had been given up: its attempts were taken away, and it is alive again from now on.
 * @param state `draining` once the worker takes nothing new
 */
export async function renewLease(
  session: Executor,
  renewal: { readonly workerId: string; readonly leaseMs: number; readonly state: 'running' | 'draining' },
): Promise<boolean> {
  const { rows } = await sql<{ was_lost: boolean }>`
    with before as (select id, state from workers where id = ${renewal.workerId} for update)
    update workers w set lease_until = now() + ${renewal.leaseMs} * interval '1 millisecond', state = ${renewal.state}, ended_at = null
    from before b where w.id = b.id
    returning b.state = 'lost' as was_lost`.execute(session)
  return rows[0]?.was_lost === false
}

/** The last thing that a worker writes, after it has given back or finished everything. */
export async function endWorker(session: Executor, workerId: string): Promise<void> {
  await sql`update workers set state = 'stopped', ended_at = now() where id = ${workerId}`.execute(session)
}
