import {
  TopologyDriftError,
  type BrokerConnection,
  type FindableObject,
  type ManagementClient,
} from '@redrive/shared/broker'
import { forgetOldRepairs, keepLook, type Executor } from '@redrive/shared/database'
import { Loop, type Events, type Logger } from '@redrive/shared/runtime'
import { BrokerComparison } from './compare-broker.ts'
import type { NoteRepair } from './repair-log.ts'
import { BrokerWatch } from './watch-broker.ts'

export interface ReconciliationOptions {
  readonly db: Executor
  /** Not the publishing one, which says nothing while the broker blocks it. */
  readonly connection: BrokerConnection
  readonly management: ManagementClient | null
  readonly events: Events
  readonly logger: Logger
  readonly noteRepair: NoteRepair
  readonly intervalMs: number
  /** Which dispatcher this is, for whoever reads what it saw. */
  readonly name: string
  readonly isLeading: () => boolean
  /** The broker has one of our objects with other arguments, which only a person can decide about. */
  readonly onDrift: (error: TopologyDriftError) => void
}

/** Whether the broker has lost something is asked this often; a queue that is missing for good is not worth more. */
const LOOK_EVERY_MS = 1_000
const KEEP_REPAIRS_DAYS = 30
const FORGET_AT_ONCE = 1_000

/**
 * Keeps topology and lanes as the ledger needs them. In the one dispatcher that leads this work: each second a look at
 * whether the broker has lost something, and at each interval the counts. In any of them: the topology, soon after a
 * ticket was returned because no queue took it.
 */
export class Reconciliation {
  readonly #options: ReconciliationOptions
  readonly #loop: Loop
  readonly #watch: BrokerWatch
  readonly #comparison: BrokerComparison
  #comparedAtMs = -Infinity
  #repairedAtMs = -Infinity
  #wereTicketsReturned = false
  #wasBalanced: boolean | null = null

  constructor(options: ReconciliationOptions) {
    this.#options = options
    this.#watch = new BrokerWatch(options)
    this.#comparison = new BrokerComparison({ ...options, olderThanMs: options.intervalMs })
    this.#loop = new Loop({
      name: 'reconcile',
      intervalMs: Math.min(LOOK_EVERY_MS, options.intervalMs),
      logger: options.logger,
      step: () => this.#step(),
    })
  }

  /** Whether everything agreed at this dispatcher's last look; null while another one looks. */
  get wasBalanced(): boolean | null {
    return this.#options.isLeading() ? this.#wasBalanced : null
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

  async #step(): Promise<'idle'> {
    const { connection, intervalMs, isLeading } = this.#options
    if (!connection.isConnected) return 'idle'
    const nowMs = performance.now()
    try {
      if (this.#wereTicketsReturned && nowMs - this.#repairedAtMs >= LOOK_EVERY_MS) await this.#repair()
      if (!isLeading()) return 'idle'
      await this.#watch.look()
      if (nowMs - this.#comparedAtMs >= intervalMs) {
        await this.#compare()
        this.#comparedAtMs = nowMs
      }
    } catch (error) {
      if (error instanceof TopologyDriftError) this.#options.onDrift(error)
      throw error
    }
    return 'idle'
  }

  async #compare(): Promise<void> {
    const { db, logger, name } = this.#options
    const startedAt = performance.now()
    const missing = await this.#repair()
    const { look, isBalanced } = await this.#comparison.compare()
    this.#tellBalance(isBalanced && missing.length === 0)
    await keepLook(db, { look, lookedBy: name, isBalanced: this.#wasBalanced === true })
    await forgetOldRepairs(db, { olderThanDays: KEEP_REPAIRS_DAYS, limit: FORGET_AT_ONCE })
    const durationMs = Math.round(performance.now() - startedAt)
    logger.debug({ durationMs }, 'The ledger was compared with the broker.')
  }

  #tellBalance(isBalanced: boolean): void {
    if (isBalanced && this.#wasBalanced === false) this.#options.events.emit('reconcile.balanced', {})
    this.#wasBalanced = isBalanced
  }

  /** Bindings are made again whether they are missing or not: only the management API and returned tickets tell. */
  async #repair(): Promise<readonly FindableObject[]> {
    const wereTicketsReturned = this.#wereTicketsReturned
    this.#wereTicketsReturned = false
    this.#repairedAtMs = performance.now()
    const unbound = await this.#comparison.findMissingBindings()
    const missing = await this.#watch.repair()
    if (missing.length > 0 || (unbound.length === 0 && !wereTicketsReturned)) return missing
    const detail =
      unbound.length > 0 ? unbound.join(', ') : 'tickets had been returned although every queue was there'
    await this.#options.noteRepair({
      repair: 'bindings_made_again',
      count: Math.max(1, unbound.length),
      detail,
    })
    return missing
  }
}
