import { TopologyDriftError } from '@redrive/shared/broker'
import { Loop, type Logger } from '@redrive/shared/runtime'
import { LANES } from '@redrive/shared/task'
import { reconcileLane, type LaneReconciliation } from './reconcile-lane.ts'
import { repairTopology } from './repair-topology.ts'

export interface ReconciliationOptions extends Omit<LaneReconciliation, 'olderThanMs'> {
  readonly intervalMs: number
  readonly logger: Logger
  readonly isLeading: () => boolean
  /** The broker has one of our objects with other arguments, which only a person can decide about. */
  readonly onDrift: (error: TopologyDriftError) => void
}

/** A queue that is missing for good, by permission say, is not worth more than this. */
const REPAIR_RETURNED_EVERY_MS = 1_000

/**
 * Keeps topology and lanes as the ledger needs them: all of it at each interval, in the one dispatcher that leads this
 * work; and the topology alone, in any of them, soon after a ticket was returned because no queue took it.
 */
export class Reconciliation {
  readonly #options: ReconciliationOptions
  readonly #loop: Loop
  #reconciledAtMs = -Infinity
  #repairedAtMs = -Infinity
  #wereTicketsReturned = false

  constructor(options: ReconciliationOptions) {
    this.#options = options
    this.#loop = new Loop({
      name: 'reconcile',
      // A dispatcher that begins to lead, or has tickets returned, need not wait for the interval's end.
      intervalMs: Math.min(REPAIR_RETURNED_EVERY_MS, options.intervalMs),
      logger: options.logger,
      step: (signal) => this.#step(signal),
    })
  }

  start(): void {
    this.#loop.start()
  }

  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  noteReturnedTickets(): void {
    this.#wereTicketsReturned = true
    this.#loop.nudge()
  }

  async #step(signal: AbortSignal): Promise<'idle'> {
    const { connection, intervalMs, isLeading, logger } = this.#options
    if (!connection.isConnected) return 'idle'
    const nowMs = performance.now()
    try {
      if (isLeading() && nowMs - this.#reconciledAtMs >= intervalMs) {
        await this.#reconcile(signal)
        this.#reconciledAtMs = nowMs
        const durationMs = Math.round(performance.now() - nowMs)
        logger.debug({ durationMs }, 'The ledger was compared with the broker.')
      } else if (this.#wereTicketsReturned && nowMs - this.#repairedAtMs >= REPAIR_RETURNED_EVERY_MS) {
        await this.#repairRoute()
      }
    } catch (error) {
      if (error instanceof TopologyDriftError) this.#options.onDrift(error)
      throw error
    }
    return 'idle'
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    const lanesWithoutQueue = await this.#repair()
    for (const lane of LANES) {
      if (signal.aborted) return
      const doubted = { lane, wasQueueMissing: lanesWithoutQueue.includes(lane) }
      await reconcileLane({ ...this.#options, olderThanMs: this.#options.intervalMs }, doubted)
    }
  }

  /** What a missing queue had held is published again here as well, because the next reconcile finds it declared. */
  async #repairRoute(): Promise<void> {
    const lanesWithoutQueue = await this.#repair()
    for (const lane of lanesWithoutQueue) {
      await reconcileLane(
        { ...this.#options, olderThanMs: this.#options.intervalMs },
        { lane, wasQueueMissing: true },
      )
    }
  }

  async #repair(): Promise<readonly (typeof LANES)[number][]> {
    const { connection, events } = this.#options
    const wereTicketsReturned = this.#wereTicketsReturned
    this.#wereTicketsReturned = false
    this.#repairedAtMs = performance.now()
    const { lanesWithoutQueue } = await repairTopology(connection, events)
    if (wereTicketsReturned && lanesWithoutQueue.length === 0) {
      events.emit('reconcile.repaired', {
        repair: 'bindings_made_again',
        count: 1,
        detail: 'tickets had been returned although every queue was there',
      })
    }
    return lanesWithoutQueue
  }
}
