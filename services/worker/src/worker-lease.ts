import { Worker as Thread } from 'node:worker_threads'
import type { WorkerIdentity } from '@redrive/shared/database'
import type { Events, Logger } from '@redrive/shared/runtime'
import { siblingModule } from './sibling-module.ts'
import type { StallWatchPlan } from './stall-watch.ts'

/** What the lease thread is given at its start. */
export interface LeasePlan {
  readonly databaseUrl: string
  readonly worker: WorkerIdentity
  readonly leaseMs: number
  /** Null where a blocked event loop is left alone. */
  readonly stall: StallWatchPlan | null
}

/** What the lease thread says. */
export type LeaseNews =
  | { readonly kind: 'held' }
  | { readonly kind: 'not_held'; readonly reason: string }
  /** It had been given up; its attempts were taken away. */
  | { readonly kind: 'given_up' }
  | { readonly kind: 'ended' }

/** What the lease thread is told: take nothing new from now on; write the last word, or only let go. */
export type LeaseOrder = 'drain' | 'end' | 'let_go'

interface WorkerLeaseOptions {
  readonly plan: LeasePlan
  readonly events: Events
  readonly logger: Logger
  /** After each change; must not throw. */
  readonly onChange: () => void
  /** The thread is gone unasked: nothing renews the lease any more. */
  readonly onDied: (error: Error) => void
}

/** The ledger may be away when the worker ends; then the lock goes with the connection, and rescue does the rest. */
const END_WITHIN_MS = 3_000

/**
 * This worker's sign of life, kept on a thread of its own, because a handler that blocks the main thread is busy and not
 * dead. Only when it does so for longer than WORKER_STALL_LIMIT_MS, this thread ends the process. Held means that lock and lease are this worker's; whether they still are when a claim arrives, the claim checks.
 */
export class WorkerLease {
  readonly #options: WorkerLeaseOptions
  #thread: Thread | null = null
  #isHeld = false
  #reason = 'not yet registered'
  #isRegistered = false
  #isEnding = false
  readonly #ended = Promise.withResolvers<void>()

  constructor(options: WorkerLeaseOptions) {
    this.#options = options
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Why the lease is not held. */
  get reason(): string {
    return this.#reason
  }

  /** Begins and returns at once, whether the ledger is there or not. */
  start(): void {
    const thread = new Thread(siblingModule('lease-thread', import.meta.url), {
      workerData: this.#options.plan,
      name: 'lease',
    })
    thread.on('message', (news: LeaseNews) => this.#hear(news))
    thread.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))))
    thread.on('exit', (code) => this.#die(new Error(`the lease thread ended with status ${code}`)))
    this.#thread = thread
  }

  /** From now on the ledger gives this worker no new attempts. */
  drain(): void {
    this.#tell('drain')
  }

  /**
   * Ends the thread, within seconds. Idempotent.
   * @param isEverythingSettled false leaves the worker's row as it is, so that rescue looks for attempts of its own
   */
  async stop(isEverythingSettled: boolean): Promise<void> {
    if (this.#thread === null) return
    if (!this.#isEnding) this.#tell(isEverythingSettled ? 'end' : 'let_go')
    this.#isEnding = true
    const timer = setTimeout(() => this.#ended.resolve(), END_WITHIN_MS)
    await this.#ended.promise
    clearTimeout(timer)
    await this.#thread.terminate()
    this.#isHeld = false
  }

  #tell(order: LeaseOrder): void {
    this.#thread?.postMessage(order)
  }

  #hear(news: LeaseNews): void {
    if (news.kind === 'ended') return this.#ended.resolve()
    if (news.kind === 'given_up') return this.#noteGivenUp()
    const isHeld = news.kind === 'held'
    if (isHeld === this.#isHeld) return
    this.#isHeld = isHeld
    this.#reason = news.kind === 'held' ? 'ok' : news.reason
    if (isHeld) this.#noteRegistered()
    this.#options.onChange()
  }

  #noteGivenUp(): void {
    const { plan, logger } = this.#options
    logger.warn(
      { workerId: plan.worker.id, leaseMs: plan.leaseMs },
      'This worker had been given up and its attempts taken away; it is registered anew and goes on.',
    )
  }

  #noteRegistered(): void {
    if (this.#isRegistered) return
    this.#isRegistered = true
    const { id, types, lanes } = this.#options.plan.worker
    this.#options.events.emit('worker.registered', {
      workerId: id,
      types: types.length,
      lanes: lanes.join(','),
    })
  }

  #die(error: Error): void {
    this.#isHeld = false
    this.#reason = error.message
    this.#ended.resolve()
    if (this.#isEnding) return
    this.#isEnding = true
    this.#options.onDied(error)
  }
}
