import {
  endWorker,
  registerWorker,
  renewLease,
  type Session,
  takeWorkerLock,
  type WorkerIdentity,
} from '@redrive/shared/database'
import type { LeaseNews } from './worker-lease.ts'

interface LeaseKeeperOptions {
  readonly worker: WorkerIdentity
  readonly leaseMs: number
  readonly openSession: (onLost: () => void) => Session
  readonly tell: (news: LeaseNews) => void
}

/** Four renewals may fail before the lease ends, and a person who watches sees a worker's state within a second. */
const RENEWALS_PER_LEASE = 5
const MAX_INTERVAL_MS = 1_000
const RETRY_MS = 200

/**
 * Holds a worker's lock and renews its lease until told to stop. The lock lives as long as its connection: after a loss
 * it is taken again at once, and a former connection that Postgres still believes in may keep it for a while.
 */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  readonly #session: Session
  #state: 'running' | 'draining' = 'running'
  #isRegistered = false
  /** The connection under which the lock was taken; 0 for none. */
  #lockedGeneration = 0
  #isStopping = false
  #running: Promise<void> = Promise.resolve()
  #wake: (() => void) | null = null

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
    this.#session = options.openSession(() => this.#wake?.())
  }

  start(): void {
    this.#running = this.#keep()
  }

  drain(): void {
    this.#state = 'draining'
    this.#wake?.()
  }

  /** Stops renewing; writes that the worker has ended if wanted; lets the lock go. Never rejects. */
  async stop(isEnded: boolean): Promise<void> {
    this.#isStopping = true
    this.#wake?.()
    await this.#running
    // Where the ledger is away, the row stays, and rescue finds that nobody holds its lock.
    if (isEnded && this.#isRegistered)
      await endWorker(this.#session.db, this.#options.worker.id).catch(() => undefined)
    await this.#session.close().catch(() => undefined)
  }

  async #keep(): Promise<void> {
    while (!this.#isStopping) await this.#rest(await this.#renewOnce())
  }

  /** Says what it found, and how long to rest until the next look. */
  async #renewOnce(): Promise<number> {
    const { tell, leaseMs } = this.#options
    try {
      const isHeld = await this.#hold()
      tell(
        isHeld ? { kind: 'held' } : { kind: 'not_held', reason: 'a former connection still holds the lock' },
      )
      return isHeld ? Math.min(MAX_INTERVAL_MS, leaseMs / RENEWALS_PER_LEASE) : RETRY_MS
    } catch (error) {
      tell({ kind: 'not_held', reason: error instanceof Error ? error.message : String(error) })
      return RETRY_MS
    }
  }

  async #hold(): Promise<boolean> {
    const { worker, leaseMs, tell } = this.#options
    const { db } = this.#session
    if (this.#lockedGeneration !== this.#session.generation() || this.#lockedGeneration === 0) {
      if (!(await takeWorkerLock(db, worker.id))) return false
      this.#lockedGeneration = this.#session.generation()
    }
    if (!this.#isRegistered) await registerWorker(db, worker, leaseMs)
    const isKnown = await renewLease(db, { workerId: worker.id, leaseMs, state: this.#state })
    if (!isKnown) {
      tell({ kind: 'given_up' })
      // The row may be gone as well, where the ledger was restored from a backup.
      await registerWorker(db, worker, leaseMs)
    }
    this.#isRegistered = true
    // n.b. A connection that was replaced between these statements took the lock with it.
    return this.#lockedGeneration === this.#session.generation()
  }

  #rest(restMs: number): Promise<void> {
    if (this.#isStopping) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, restMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
