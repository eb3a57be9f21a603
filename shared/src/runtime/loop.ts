import { setImmediate } from 'node:timers/promises'
import type { Logger } from './create-logger.ts'
import { backoffDelayMs } from './backoff-delay-ms.ts'

export interface LoopOptions {
  readonly name: string
  /** The pause after a step that found nothing to do. */
  readonly intervalMs: number
  readonly logger: Logger
  /**
   * One bounded piece of work. 'again' means there may be more: the next step follows at once.
   * The signal is aborted when the loop stops; a step that heeds it lets the process stop sooner.
   */
  step(signal: AbortSignal): Promise<'again' | 'idle'>
}

type Outcome = 'again' | 'idle' | 'failed'

/** A store that is gone comes back within seconds as a rule, and looking once in 5 s costs nobody anything. */
const BACKOFF = { baseMs: 100, maxMs: 5000 }

/**
 * Runs a step over and over until it is stopped. Modes: a step runs; it rests until the interval ends or a nudge;
 * it backs off after an error, which a nudge does not shorten, or every event would hit a store that is in trouble.
 * An error is logged once for each kind until a step succeeds again, and that is logged too.
 */
export class Loop {
  readonly #options: LoopOptions
  #stopping: AbortController | null = null
  #running: Promise<void> = Promise.resolve()
  #isNudged = false
  #wake: (() => void) | null = null
  #failures = 0
  readonly #loggedKinds = new Set<string>()

  constructor(options: LoopOptions) {
    this.#options = options
  }

  /** Begins with a step at once. Does nothing while it already runs. */
  start(): void {
    if (this.#stopping !== null) return
    this.#stopping = new AbortController()
    // A loop that was stopped and is started before its last step ended waits for that end: never two steps at once.
    const { signal } = this.#stopping
    this.#running = this.#running.then(() => this.#runUntil(signal))
  }

  /** Aborts the step's signal, waits for the step, and starts no other. May be called at any time, again too. */
  async stop(): Promise<void> {
    this.#stopping?.abort()
    this.#stopping = null
    this.#wake?.()
    await this.#running
  }

  /** There is something to do: the rest ends now, or the step that runs is followed by another at once. */
  nudge(): void {
    this.#isNudged = true
    if (this.#failures === 0) this.#wake?.()
  }

  async #runUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isNudged = false
      const outcome = await this.#runStep(signal)
      await this.#rest(outcome, signal)
    }
  }

  async #runStep(signal: AbortSignal): Promise<Outcome> {
    try {
      const outcome = await this.#options.step(signal)
      this.#noteRecovery()
      return outcome
    } catch (error) {
      // A step that ends with an error because it was told to stop has done as it was told.
      if (!signal.aborted) this.#noteFailure(error)
      return 'failed'
    }
  }

  #noteFailure(error: unknown): void {
    this.#failures += 1
    const kind = kindOf(error)
    if (this.#loggedKinds.has(kind)) return
    this.#loggedKinds.add(kind)
    this.#options.logger.error({ loop: this.#options.name, error }, 'A loop failed and tries again.')
  }

  #noteRecovery(): void {
    if (this.#failures === 0) return
    this.#options.logger.info({ loop: this.#options.name, failures: this.#failures }, 'A loop works again.')
    this.#failures = 0
    this.#loggedKinds.clear()
  }

  /** Even a rest of zero lets the event loop turn, so that a loop with endless work starves nobody. */
  async #rest(outcome: Outcome, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const restMs = this.#restMs(outcome)
    // n.b. a timer of zero takes a millisecond, which a loop with endless work would pay for each step.
    if (restMs === 0) return setImmediate()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }

  #restMs(outcome: Outcome): number {
    if (outcome === 'failed') return backoffDelayMs(this.#failures, BACKOFF)
    return outcome === 'again' || this.#isNudged ? 0 : this.#options.intervalMs
  }
}

/** Errors of one kind have the same code, or the same name where there is none; messages often carry ids. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
