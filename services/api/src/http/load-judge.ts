/** What one look finds. */
export interface LoadReading {
  /** How late the event loop was at worst since the last look. */
  readonly loopDelayMs: number
  /** How long a connection to the ledger is waited for. */
  readonly poolWaitMs: number
}

/** 0: everything is taken. 1: no submissions. 2: no reads either. */
export type SheddingLevel = 0 | 1 | 2

/**
 * So much time over the limit, less the time below it, since one large body or one slow collection of garbage is over when
 * it is seen. A guess: clients bear a second or two, and what is refused needlessly is worse.
 */
const SHED_AFTER_MS = 1_500
/** What one look counts for at most: a single long block is one event, however long. */
const MAX_PER_LOOK_MS = 500
/** In one piece; what was refused comes again soon, and is to meet an api that has really caught up. */
const TAKE_AFTER_MS = 1_000
/** The level above is for a load that the one below did not stop from growing. */
const SECOND_LEVEL = 3
/** Of the limit; between the two, the level stays as it is. */
const CALM_SHARE = 0.5

/** Turns looks into a level, with hysteresis in height and in time. Pure: it knows no clock. */
export class LoadJudge {
  readonly #limits: LoadReading
  #level: SheddingLevel = 0
  #behindMs = 0
  #calmMs = 0

  constructor(limits: LoadReading) {
    this.#limits = limits
  }

  get level(): SheddingLevel {
    return this.#level
  }

  /** One look, so long after the one before; returns the level that follows. */
  judge({ loopDelayMs, poolWaitMs }: LoadReading, elapsedMs: number): SheddingLevel {
    const pressure = Math.max(loopDelayMs / this.#limits.loopDelayMs, poolWaitMs / this.#limits.poolWaitMs)
    const weightMs = Math.min(elapsedMs, MAX_PER_LOOK_MS)
    const isOver = pressure >= limitAbove(this.#level)
    this.#behindMs = Math.max(0, this.#behindMs + (isOver ? weightMs : -weightMs))
    const isCalm = pressure < limitAbove(this.#level - 1) * CALM_SHARE
    this.#calmMs = isCalm ? this.#calmMs + weightMs : 0
    if (this.#behindMs >= SHED_AFTER_MS) this.#enter(this.#level === 0 ? 1 : 2)
    else if (this.#level > 0 && this.#calmMs >= TAKE_AFTER_MS) this.#enter(this.#level === 2 ? 1 : 0)
    return this.#level
  }

  #enter(level: SheddingLevel): void {
    this.#level = level
    this.#behindMs = 0
    this.#calmMs = 0
  }
}

/** The pressure at which the level after this one begins, in limits. */
function limitAbove(level: number): number {
  if (level >= 2) return Infinity
  return level === 1 ? SECOND_LEVEL : 1
}
