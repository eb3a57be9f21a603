import { ping } from '@redrive/shared/database'
import type { WorkerContext } from './worker-context.ts'
import type { WorkerLease } from './worker-lease.ts'

interface LedgerWatchOptions {
  readonly context: Pick<WorkerContext, 'database' | 'events'>
  readonly lease: Pick<WorkerLease, 'isHeld' | 'reason'>
  readonly onAway: () => void
  readonly onBack: () => void
}

const INTERVAL_MS = 1_000
/** Counted in looks and not in time: a handler that blocks this thread for seconds says nothing about the ledger. */
const MISSES_UNTIL_AWAY = 5

/**
 * Notices when the worker has been without the ledger, or without its lease, for five seconds: until it is back, others
 * should have the tickets. back ⇄ away.
 */
export class LedgerWatch {
  readonly #options: LedgerWatchOptions
  #timer: NodeJS.Timeout | null = null
  #misses = 0
  #isAway = false
  #hasAnswered = false
  #isAsking = false
  #lastError: unknown = null

  constructor(options: LedgerWatchOptions) {
    this.#options = options
  }

  /** Counts from now on: begin when the ledger has answered once. */
  start(): void {
    this.#hasAnswered = true
    this.#timer ??= setInterval(() => this.#look(), INTERVAL_MS)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** False from the first second without an answer. */
  get isAnswering(): boolean {
    return this.#timer !== null && this.#misses === 0
  }

  #look(): void {
    const isWell = this.#hasAnswered && this.#options.lease.isHeld
    this.#misses = isWell ? 0 : this.#misses + 1
    if (isWell && this.#isAway) this.#become(false)
    if (this.#misses === MISSES_UNTIL_AWAY && !this.#isAway) this.#become(true)
    this.#hasAnswered = false
    void this.#ask()
  }

  #become(isAway: boolean): void {
    const { context, lease, onAway, onBack } = this.#options
    this.#isAway = isAway
    if (isAway) {
      context.events.emit('database.unreachable', {
        error: this.#lastError ?? new Error(`no lease: ${lease.reason}`),
      })
      onAway()
    } else {
      context.events.emit('database.reached', {})
      onBack()
    }
  }

  /** One question at a time: a frozen server may take its whole timeout to fail one. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      await ping(this.#options.context.database.db)
      this.#hasAnswered = true
      this.#lastError = null
    } catch (error) {
      this.#lastError = error
    } finally {
      this.#isAsking = false
    }
  }
}
