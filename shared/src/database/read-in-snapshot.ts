import type { Kysely } from 'kysely'
import type { Executor, Ledger } from './ledger.ts'

/** Runs several reads that see the ledger at one and the same moment, so that what they say of a task agrees. */
export function readInSnapshot<T>(db: Kysely<Ledger>, read: (executor: Executor) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read)
}
