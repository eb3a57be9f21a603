import type { TicketPublisher } from '@redrive/shared/broker'
import { markConfirmed, repeatUntilAnswered, takeDueTickets, type Executor } from '@redrive/shared/database'
import { Loop, reachCrashPoint, type Events, type Logger } from '@redrive/shared/runtime'
import type { Lane, Ticket } from '@redrive/shared/task'
import { LaneWindow } from './lane-window.ts'
import { publishTickets } from './publish-tickets.ts'

export interface LaneReleaseOptions {
  readonly lane: Lane
  readonly db: Executor
  readonly publisher: TicketPublisher
  readonly events: Events
  readonly logger: Logger
  readonly graceMs: number
  readonly pollMs: number
  /** True while this dispatcher is the one that releases the lane, and the broker can take tickets. */
  readonly mayRelease: () => boolean
  /** The broker found no queue for a ticket. */
  readonly onReturned: () => void
}

/** One statement of this size takes milliseconds, and its tickets are confirmed before the next few are chosen. */
const MAX_BATCH = 1_000
/** Choosing goes on while earlier batches are confirmed; more than this would only wait in the publisher. */
const MAX_BATCHES_IN_FLIGHT = 4

/**
 * Hands the due tasks of one lane to the broker, in order of due time, as far as the lane's window has room.
 *
 * Crash windows: after the choice is committed, the tickets are reserved for this dispatcher and nobody sends them;
 * after they are sent, no row says so. Either way the reservation runs out, and whoever releases the lane then sends the
 * same numbers again, of which a task takes one.
 */
export class LaneRelease {
  readonly #options: LaneReleaseOptions
  readonly #loop: Loop
  readonly #window: LaneWindow
  readonly #inFlight = new Set<Promise<void>>()

  constructor(options: LaneReleaseOptions) {
    this.#options = options
    this.#window = new LaneWindow(options.db, options.lane)
    this.#loop = new Loop({
      name: `release ${options.lane}`,
      intervalMs: options.pollMs,
      logger: options.logger,
      step: () => this.#releaseSome(),
    })
  }

  get windowSize(): number | null {
    return this.#window.size
  }

  start(): void {
    this.#loop.start()
  }

  /** Chooses nothing more, and waits until what was chosen is confirmed and marked, or given up by the publisher. */
  async stop(): Promise<void> {
    await this.#loop.stop()
    await Promise.all(this.#inFlight)
  }

  async #releaseSome(): Promise<'again' | 'idle'> {
    const { db, lane, graceMs, mayRelease } = this.#options
    if (!mayRelease()) {
      this.#window.forget()
      return 'idle'
    }
    if (this.#inFlight.size >= MAX_BATCHES_IN_FLIGHT) await Promise.race(this.#inFlight)
    const limit = Math.min(MAX_BATCH, await this.#window.room())
    if (limit === 0) return 'idle'
    const tickets = await takeDueTickets(db, { lane, limit, graceMs })
    const wasLimited = tickets.length === limit
    this.#window.noteReleased(tickets.length, wasLimited)
    if (tickets.length > 0) this.#sendInBackground(tickets)
    return wasLimited ? 'again' : 'idle'
  }

  #sendInBackground(tickets: readonly Ticket[]): void {
    const sent = this.#send(tickets).finally(() => this.#inFlight.delete(sent))
    this.#inFlight.add(sent)
  }

  /** Never rejects: what is not marked here is released again when its reservation is over. */
  async #send(tickets: readonly Ticket[]): Promise<void> {
    const { db, lane, publisher, events, logger, graceMs, onReturned } = this.#options
    reachCrashPoint('release.taken')
    const { confirmed, returned } = await publishTickets({ publisher, events }, { lane, tickets })
    reachCrashPoint('release.published')
    if (returned.length > 0) onReturned()
    if (confirmed.length === 0) return
    events.emit('tickets.released', { lane, count: confirmed.length })
    try {
      await repeatUntilAnswered(() => markConfirmed(db, confirmed), { deadlineMs: graceMs })
    } catch (error) {
      logger.warn({ lane, count: confirmed.length, error }, 'Confirmed tickets could not be marked.')
    }
  }
}
