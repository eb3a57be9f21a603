import { claimBatch, runFlow } from '@redrive/shared/protocol'
import type { HeldTicket, HeldTickets } from './held-tickets.ts'
import { type PerformEffect, SOURCES } from './perform-effect.ts'
import type { WorkerContext } from './worker-context.ts'

interface ClaimerOptions {
  readonly context: WorkerContext
  readonly held: HeldTickets
  /** Slots without an attempt. */
  readonly freeSlots: () => number
  /** False while the worker has no lease or no ledger: a claim would only be refused. */
  readonly mayClaim: () => boolean
  readonly perform: PerformEffect
}

/** A guess: a claim of this size takes some 20 ms, and a larger one would keep its first tasks waiting for its last. */
const MAX_BATCH = 500
/** After a fault of ours or of the schema, which a person has to repair. */
const PAUSE_AFTER_FAULT_MS = 1_000

/**
 * Claims waiting tickets for free slots: at once when no claim is under way, and as one batch of what has gathered
 * when one ends. Only one is under way at a time, so what it asks for never exceeds the slots that are free.
 */
export class Claimer {
  readonly #options: ClaimerOptions
  #underWay: Promise<void> | null = null
  #isPlanned = false
  #isStopped = false
  #isUncertain = false

  constructor(options: ClaimerOptions) {
    this.#options = options
  }

  /** True when a claim was given up without an answer: tasks may be claimed that nobody runs. */
  get isUncertain(): boolean {
    return this.#isUncertain
  }

  /**
   * Something changed that may allow a claim. It is made at the end of this turn of the event loop, so that the
   * tickets of one packet, or the slots that one finish freed, make one batch.
   */
  nudge(): void {
    if (this.#isPlanned || this.#underWay !== null || this.#isStopped) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.#claimNow()
    })
  }

  /** Waits for the claim that is under way; its attempts still begin. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#underWay
  }

  #claimNow(): void {
    const { freeSlots, held, mayClaim } = this.#options
    if (this.#isStopped || this.#underWay !== null || !mayClaim()) return
    const tickets = held.take(Math.min(freeSlots(), MAX_BATCH))
    if (tickets.length === 0) return
    this.#underWay = this.#claim(tickets).finally(() => {
      this.#underWay = null
      this.nudge()
    })
  }

  /** Never rejects. */
  async #claim(tickets: readonly HeldTicket[]): Promise<void> {
    const { context, perform } = this.#options
    const types = [...context.types.keys()]
    try {
      await runFlow(claimBatch(tickets, { workerId: context.workerId, types, sources: SOURCES }), perform)
    } catch (error) {
      this.#putBack(tickets, error)
    }
  }

  #putBack(tickets: readonly HeldTicket[], error: unknown): void {
    const { context, held } = this.#options
    if (context.givingUp.aborted) this.#isUncertain = true
    context.logger.error({ error, tickets: tickets.length }, 'A claim failed.')
    for (const ticket of tickets) held.waitAgain(ticket, PAUSE_AFTER_FAULT_MS)
  }
}
