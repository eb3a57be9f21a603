import { type Executor, findEndings } from '@redrive/shared/database'
import type { Logger } from '@redrive/shared/runtime'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_MS = 25
/** The first looks after a request began to wait: most tasks that anyone waits for end within this time. */
const EAGER_LOOK_MS = 5
const EAGER_FOR_MS = 60
/** While the ledger does not answer, asking often helps nobody. */
const TROUBLED_LOOK_MS = 500
/** Requests beyond this get the present state at once, as if they had not asked to wait. */
const MAX_WAITING = 5_000

export interface Wait {
  readonly taskId: string
  readonly waitMs: number
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal
}

interface Waiter {
  readonly taskId: string
  readonly sinceMs: number
  readonly settle: () => void
}

/**
 * Lets requests wait for the ends of tasks. However many wait, the ledger is asked by one statement at a time: every 5 ms
 * while somebody has just come, else every 25 ms, and not at all while nobody waits.
 */
export class EndingWatch {
  readonly #db: Executor
  readonly #logger: Logger
  readonly #waiters = new Set<Waiter>()
  #polling: Promise<void> | null = null
  #isStopped = false
  #isTroubled = false

  constructor({ db, logger }: { readonly db: Executor; readonly logger: Logger }) {
    this.#db = db
    this.#logger = logger
  }

  start(): void {
    this.#isStopped = false
  }

  /** Ends every wait; those who waited answer with the present state. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const waiter of this.#waiters) waiter.settle()
    await this.#polling
  }

  /**
   * Resolves when the task has ended, the time is over, the client has gone or the api stops. False, at once, when there
   * is no room to wait.
   */
  async wait({ taskId, waitMs, signal }: Wait): Promise<boolean> {
    if (this.#isStopped || signal.aborted || this.#waiters.size >= MAX_WAITING) return false
    const { promise, resolve } = Promise.withResolvers<void>()
    const settle = (): void => resolve()
    const waiter = { taskId, sinceMs: performance.now(), settle }
    const timer = setTimeout(settle, waitMs)
    signal.addEventListener('abort', settle, { once: true })
    this.#waiters.add(waiter)
    this.#polling ??= this.#poll()
    await promise
    this.#waiters.delete(waiter)
    clearTimeout(timer)
    signal.removeEventListener('abort', settle)
    return true
  }

  async #poll(): Promise<void> {
    while (this.#waiters.size > 0 && !this.#isStopped) {
      await this.#look()
      await pause(this.#pauseMs())
    }
    this.#polling = null
  }

  #pauseMs(): number {
    if (this.#isTroubled) return TROUBLED_LOOK_MS
    const youngMs = performance.now() - EAGER_FOR_MS
    // The latest came last: a set keeps the order of arrival, but has no way to its end but through all.
    for (const { sinceMs } of this.#waiters) if (sinceMs > youngMs) return EAGER_LOOK_MS
    return LOOK_MS
  }

  async #look(): Promise<void> {
    try {
      const endings = await findEndings(this.#db, [...new Set([...this.#waiters].map((one) => one.taskId))])
      const ended = new Set(endings.map((ending) => ending.id))
      for (const waiter of this.#waiters) if (ended.has(waiter.taskId)) waiter.settle()
      this.#isTroubled = false
    } catch (error) {
      // Those who wait get the present state when their time is over, or the problem that asking for it meets.
      if (!this.#isTroubled) this.#logger.warn({ error }, 'Ends of tasks cannot be looked for.')
      this.#isTroubled = true
    }
  }
}
