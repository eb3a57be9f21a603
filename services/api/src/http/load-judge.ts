/** What one look finds. */
export interface LoadReading {
  /** How late the event loop was at worst since the last look. */
  readonly loopDelayMs: number
  /** How long a connection to the ledger is waited for. */
  readonly poolWaitMs: number
}

/** 0: everything is taken. 1: no submissions. 2: no reads either. */
export type SheddingLevel = 0 | 1 | 2

/** As many looks in a row, since one large body or one slow collection of garbage is over when it is seen. */
const LOOKS_TO_SHED = 5
/** Longer than the way up: what was refused comes again soon, and meets an api that has really caught up. */
const LOOKS_TO_TAKE = 10
/** The level above is for a load that the one below did not stop from growing. */
const SECOND_LEVEL = 3
/** Of the limit; between the two, the level stays as it is. */
const CALM_SHARE = 0.5

/** Turns looks into a level, with hysteresis in height and in time. Pure: it knows no clock. */
export class LoadJudge {
  readonly #limits: LoadReading
  #level: SheddingLevel = 0
  #higher = 0
  #lower = 0

  constructor(limits: LoadReading) {
    this.#limits = limits
  }

  get level(): SheddingLevel {
    return this.#level
  }

  /** One look; returns the level that follows. */
  judge({ loopDelayMs, poolWaitMs }: LoadReading): SheddingLevel {
    const pressure = Math.max(loopDelayMs / this.#limits.loopDelayMs, poolWaitMs / this.#limits.poolWaitMs)
    this.#higher = pressure >= limitAbove(this.#level) ? this.#higher + 1 : 0
    this.#lower = pressure < limitAbove(this.#level - 1) * CALM_SHARE ? this.#lower + 1 : 0
    if (this.#higher >= LOOKS_TO_SHED) this.#enter(this.#level === 0 ? 1 : 2)
    else if (this.#level > 0 && this.#lower >= LOOKS_TO_TAKE) this.#enter(this.#level === 2 ? 1 : 0)
    return this.#level
  }

  #enter(level: SheddingLevel): void {
    this.#level = level
    this.#higher = 0
    this.#lower = 0
  }
}

/** The pressure at which the level after this one begins, in limits. */
function limitAbove(level: number): number {
  if (level >= 2) return Infinity
  return level === 1 ? SECOND_LEVEL : 1
}
