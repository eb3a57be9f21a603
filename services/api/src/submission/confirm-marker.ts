import { type Executor, markConfirmed } from '@redrive/shared/database'
import { Loop, type Logger } from '@redrive/shared/runtime'
import type { Ticket } from '@redrive/shared/task'

const MARK_EVERY_MS = 1_000
const CHUNK = 1_000
/** A few seconds of a full stream. What does not fit is published once more by release, and that ticket is void. */
const MAX_KEPT = 50_000

/**
 * Notes confirms in the ledger, one to two seconds late and many at once: by then most tickets have been claimed, and
 * nothing need be written for them.
 *
 * fresh: confirmed since the last round. aged: had a round to be claimed in; marked in the next one.
 */
export class ConfirmMarker {
  readonly #db: Executor
  readonly #loop: Loop
  #fresh: Ticket[] = []
  #aged: Ticket[] = []

  constructor({ db, logger }: { readonly db: Executor; readonly logger: Logger }) {
    this.#db = db
    this.#loop = new Loop({
      name: 'confirm-marker',
      intervalMs: MARK_EVERY_MS,
      logger,
      step: () => this.#step(),
    })
  }

  start(): void {
    this.#loop.start()
  }

  add(ticket: Ticket): void {
    if (this.#fresh.length < MAX_KEPT) this.#fresh.push(ticket)
  }

  /** Marks what it holds, if the ledger answers. */
  async stop(): Promise<void> {
    await this.#loop.stop()
    this.#aged.push(...this.#fresh.splice(0))
    // Without the mark, release publishes these once more: not worth failing a stop for.
    await this.#markAged().catch(() => undefined)
  }

  async #step(): Promise<'idle'> {
    await this.#markAged()
    this.#aged = this.#fresh
    this.#fresh = []
    return 'idle'
  }

  async #markAged(): Promise<void> {
    while (this.#aged.length > 0) {
      await markConfirmed(this.#db, this.#aged.slice(0, CHUNK))
      this.#aged = this.#aged.slice(CHUNK)
    }
  }
}
