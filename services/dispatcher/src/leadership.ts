import { createSession, ping, takeLeadership, type Session } from '@redrive/shared/database'
import type { Logger } from '@redrive/shared/runtime'

export interface LeadershipOptions {
  readonly url: string
  readonly applicationName: string
  readonly statementTimeoutMs: number
  readonly works: readonly string[]
  readonly logger: Logger
  readonly onTaken?: (work: string) => void
}

/** The session is asked something every second, and at least every five while that fails. */
const SILENT_AFTER_MS = 10_000

/**
 * Which works this dispatcher does for all. A work is held by an advisory lock of one kept connection, so it passes to
 * another dispatcher the moment this process or its connection ends, and ten seconds after it fell silent: stopped, or
 * cut off by the network. Two may then believe to hold a work for a while; every statement that they run is safe for
 * that, by the row locks it takes.
 */
export class Leadership {
  readonly session: Session
  readonly #options: LeadershipOptions
  /** The generation of the session's connection under which each lock was taken. */
  readonly #held = new Map<string, number>()

  constructor(options: LeadershipOptions) {
    this.#options = options
    this.session = createSession({
      url: options.url,
      applicationName: options.applicationName,
      statementTimeoutMs: options.statementTimeoutMs,
      silentAfterMs: SILENT_AFTER_MS,
      onLost: () => this.#held.clear(),
    })
  }

  holds(work: string): boolean {
    return this.#held.get(work) === this.session.generation()
  }

  /** Tries to take what is not held. Rejects when the ledger does not answer; then nothing is held any more, or soon. */
  async takeFree(): Promise<void> {
    // Finds a lost connection, or makes the new one, before the locks are counted under its generation.
    await ping(this.session.db)
    for (const work of this.#options.works) {
      if (!this.holds(work)) await this.#take(work)
    }
  }

  /** Lets go of everything, by ending the connection. */
  async release(): Promise<void> {
    this.#held.clear()
    await this.session.close()
  }

  async #take(work: string): Promise<void> {
    const generation = this.session.generation()
    const isTaken = await takeLeadership(this.session.db, work)
    if (!isTaken || generation !== this.session.generation()) return
    this.#held.set(work, generation)
    this.#options.logger.debug({ work }, 'This dispatcher leads a work from now on.')
    this.#options.onTaken?.(work)
  }
}
