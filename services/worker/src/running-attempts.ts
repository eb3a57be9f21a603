import type { ClaimedAttempt } from '@redrive/shared/database'
import type { TaskType } from '@redrive/shared/task'
import type { AttemptOutcome } from '@redrive/shared/protocol'
import type { HeldTicket } from './held-tickets.ts'

/** An attempt from its claim until the ledger has its end: the time in which it takes a slot. */
export interface RunningAttempt {
  readonly claimed: ClaimedAttempt
  readonly type: TaskType
  readonly held: HeldTicket
  readonly timeoutMs: number
  /** When this worker knew of its claim, on the clock of `performance.now()`, as all its times. */
  readonly claimedAtMs: number
  /** When its handler began, from which its timeout counts. */
  startedAtMs: number
  readonly abort: AbortController
  /** Decides the attempt without its handler, unless the handler was quicker. */
  readonly overrule: (outcome: AttemptOutcome) => void
  readonly overruled: Promise<AttemptOutcome>
  /** It has not reached its handler: it waits for a process of its own, and its time does not run. */
  isWaiting: boolean
  /** Why its signal was aborted. */
  abortedBecause: 'timed_out' | 'taken_away' | null
  abortedAtMs: number
  /** The outcome is known, and only the ledger has to be told; whatever the handler does now is ignored. */
  isDecided: boolean
}

/** The attempts that take this worker's slots. */
export class RunningAttempts {
  readonly #byToken = new Map<string, RunningAttempt>()
  readonly #onFreed: () => void
  #whenIdle: (() => void)[] = []

  /** @param onFreed a slot is free; must not throw */
  constructor(onFreed: () => void) {
    this.#onFreed = onFreed
  }

  get size(): number {
    return this.#byToken.size
  }

  all(): readonly RunningAttempt[] {
    return [...this.#byToken.values()]
  }

  find(token: string): RunningAttempt | undefined {
    return this.#byToken.get(token)
  }

  add(claimed: ClaimedAttempt, type: TaskType, held: HeldTicket): RunningAttempt {
    const overruled = Promise.withResolvers<AttemptOutcome>()
    const nowMs = performance.now()
    const attempt: RunningAttempt = {
      claimed,
      type,
      held,
      timeoutMs: claimed.timeoutMs ?? type.timeoutMs,
      claimedAtMs: nowMs,
      startedAtMs: nowMs,
      abort: new AbortController(),
      overrule: (outcome) => {
        if (attempt.isDecided) return
        attempt.isDecided = true
        overruled.resolve(outcome)
      },
      overruled: overruled.promise,
      isWaiting: false,
      abortedBecause: null,
      abortedAtMs: 0,
      isDecided: false,
    }
    this.#byToken.set(claimed.token, attempt)
    return attempt
  }

  remove(attempt: RunningAttempt): void {
    this.#byToken.delete(attempt.claimed.token)
    this.#onFreed()
    if (this.#byToken.size > 0) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  whenIdle(): Promise<void> {
    if (this.#byToken.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }
}
