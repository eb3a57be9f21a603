import type { TicketPublisher } from '@redrive/shared/broker'
import { performStatement, repeatUntilAnswered, type Executor } from '@redrive/shared/database'
import { type Ask, type Flow, releaseTickets, runFlow, type SendEffect } from '@redrive/shared/protocol'
import { Loop, reachCrashPoint, type Events, type Logger } from '@redrive/shared/runtime'
import type { Lane } from '@redrive/shared/task'
import { LaneWindow } from './lane-window.ts'
import { sendTickets } from './send-tickets.ts'

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
 * What it does in which order, and where it may stop, is `releaseTickets`.
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
    const taken = await runFlow(releaseTickets({ lane, limit, graceMs }), (effect) =>
      effect.do === 'ask' ? performStatement(db, effect) : this.#sendInBackground(effect.begin()),
    )
    const wasLimited = taken === limit
    this.#window.noteReleased(taken, wasLimited)
    return wasLimited ? 'again' : 'idle'
  }

  /** What is not marked is released again when its reservation is over, so nothing here is worth a failure. */
  #sendInBackground(sending: Flow<SendEffect, void>): void {
    const sent = runFlow(sending, (effect) => this.#performSend(effect)).finally(() =>
      this.#inFlight.delete(sent),
    )
    this.#inFlight.add(sent)
  }

  #performSend(effect: SendEffect): unknown {
    const { publisher, events, onReturned } = this.#options
    switch (effect.do) {
      case 'ask':
        return this.#mark(effect)
      case 'emit':
        return events.tell(effect.event)
      case 'noteReturned':
        return onReturned()
      case 'publish':
        return sendTickets(publisher, effect)
      case 'reach':
        return reachCrashPoint(effect.point)
    }
  }

  /** Never rejects. */
  async #mark(marking: Ask<'markConfirmed'>): Promise<unknown> {
    const { db, lane, logger, graceMs } = this.#options
    try {
      return await repeatUntilAnswered(() => performStatement(db, marking), { deadlineMs: graceMs })
    } catch (error) {
      const count = marking.args[0].length
      logger.warn({ lane, count, error }, 'Confirmed tickets could not be marked.')
      return 0
    }
  }
}
