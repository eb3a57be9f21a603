import {
  BrokerUnavailableError,
  findMissingObjects,
  isMarkPresent,
  leaveMark,
  repairTopology,
  type BrokerConnection,
  type FindableObject,
} from '@redrive/shared/broker'
import {
  doubtQueues,
  listDoubtedLanes,
  readBrokerMark,
  releaseDoubted,
  replaceBrokerMark,
  takeCarriedDoubt,
  type Executor,
} from '@redrive/shared/database'
import { newId, type Events, type Logger } from '@redrive/shared/runtime'
import { isLane } from '@redrive/shared/task'
import { openOverdue } from './open-overdue.ts'
import type { NoteRepair } from './repair-log.ts'

export interface BrokerWatchParts {
  readonly db: Executor
  readonly connection: BrokerConnection
  readonly events: Events
  readonly logger: Logger
  readonly noteRepair: NoteRepair
}

const BATCH = 1_000
/** Apis note their own confirms up to two seconds late, and a third for a busy ledger. */
const SETTLE_MS = 3_000

/**
 * Finds out within a second that the broker has lost everything, or one of our queues, and lets release send again what
 * was in it: not after an interval, since here nothing need be guessed.
 */
export class BrokerWatch {
  readonly #parts: BrokerWatchParts
  /** Replaced in the ledger and not yet left in the broker: its absence says nothing new. */
  #unleft: string | null = null
  #wasMarkRefused = false

  constructor(parts: BrokerWatchParts) {
    this.#parts = parts
  }

  /** One look. Rejects when broker or ledger do not answer, and with `TopologyDriftError`. */
  async look(): Promise<void> {
    await this.#lookForMark()
    const missing = await findMissingObjects(this.#parts.connection)
    if (missing.length > 0) await this.repair()
    await this.#openDoubted()
    await this.#releaseDoubted()
  }

  /** Declares what is missing, after what it may have held is doubted in the ledger; binds everything. Says what was missing. */
  async repair(): Promise<readonly FindableObject[]> {
    const { db, connection, noteRepair } = this.#parts
    const missing = await repairTopology(connection, (lost) => doubtQueues(db, lost))
    for (const { kind, name } of missing)
      await noteRepair({ repair: `${kind}_declared`, count: 1, detail: name })
    return missing
  }

  /**
   * Crash windows: with the new mark in the ledger every lane is doubted, whoever goes on; a mark that was not left is
   * missing at the next look, which doubts them once more.
   */
  async #lookForMark(): Promise<void> {
    const { db, connection } = this.#parts
    const mark = await readBrokerMark(db)
    if (mark !== null && mark === this.#unleft) return await this.#leave(mark)
    if (mark !== null && (await isMarkPresent(connection, mark))) return
    const fresh = newId()
    if (!(await replaceBrokerMark(db, { missing: mark, mark: fresh }))) return
    this.#unleft = fresh
    if (mark !== null) await this.#tellEmptied(mark)
    await this.#leave(fresh)
  }

  async #tellEmptied(mark: string): Promise<void> {
    const { events, noteRepair } = this.#parts
    const detail =
      'it lost its data, or the address leads to another one; every confirmed ticket is released again'
    events.emit('broker.emptied', { mark, detail })
    await noteRepair({ repair: 'broker_emptied', count: 1, detail })
  }

  /** Without the right to declare it, everything else goes on, and what is lost is found by counting. */
  async #leave(mark: string): Promise<void> {
    const { connection, logger } = this.#parts
    try {
      await leaveMark(connection, mark)
      this.#unleft = null
      this.#wasMarkRefused = false
    } catch (error) {
      if (error instanceof BrokerUnavailableError) throw error
      if (!this.#wasMarkRefused) logger.warn({ error }, 'The mark could not be left in the broker.')
      this.#wasMarkRefused = true
    }
  }

  /** Whatever was on its way to the error queue is gone as well. One that still comes finds its dead letter open. */
  async #openDoubted(): Promise<void> {
    const { db, noteRepair } = this.#parts
    const lostForMs = await takeCarriedDoubt(db)
    if (lostForMs !== null) await openOverdue(db, { carriedAfterMs: lostForMs, noteRepair })
  }

  async #releaseDoubted(): Promise<void> {
    const { db, noteRepair } = this.#parts
    for (const lane of await listDoubtedLanes(db)) {
      let released = 0
      let last = BATCH
      while (last === BATCH) {
        last = await releaseDoubted(db, { lane, settleMs: SETTLE_MS, limit: BATCH })
        released += last
      }
      if (released === 0 || !isLane(lane)) continue
      const detail = 'confirmed before their queue was found missing'
      await noteRepair({ repair: 'tickets_published_again', lane, count: released, detail })
    }
  }
}
