import type { Kysely } from 'kysely'

/** One step of the schema, as a numbered file exports it. */
export interface Migration {
  /** Runs in a transaction of its own whose waits for locks are short; what it did is undone when a wait fails. */
  up(db: Kysely<unknown>): Promise<void>
  /**
   * Set where a transaction forbids what is to be done, such as building an index beside writers, or would hold its locks
   * for as long as the table is long. Such an `up` may stop anywhere and is run again from its start: each of its
   * statements finds out whether it is done already.
   */
  readonly isOutsideTransaction?: true
}
