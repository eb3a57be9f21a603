import type { Executor, LaneHolding } from '@redrive/shared/database'
import { readLaneHolding, readLaneSlots, setLaneWindow } from '@redrive/shared/database'
import { chooseWindow } from '@redrive/shared/protocol'

interface Measurement extends LaneHolding {
  readonly atMs: number
  /** More was due than could be released, so what left the lane was limited by the workers alone. */
  readonly wasWaiting: boolean
}

/** While there is something to release. Each look costs the ledger a read of the window. */
const MEASURE_BUSY_MS = 250
/** With nothing to release, only new workers could change anything. */
const MEASURE_IDLE_MS = 2_000
/** A full window is looked at again this soon: fast workers empty a small one in less than a quarter of a second. */
const MEASURE_FULL_MS = 50
const READ_SLOTS_MS = 2_000
/** Half of the weight lies on the last third of a second: quick to follow, and one late answer does not double the window. */
const SMOOTHING_MS = 500
/** Smaller changes are not worth a write. */
const WORTHWHILE_CHANGE = 0.1

/**
 * How much of a lane's window is left, for the one dispatcher that releases it, and the measurement that adjusts the
 * window. Between measurements it counts down what was released, so it may think the window fuller than it is, never emptier.
 */
export class LaneWindow {
  readonly #db: Executor
  readonly #lane: string
  #last: Measurement | null = null
  #releasedSince = 0
  #isWaiting = false
  #drainedPerSecond: number | null = null
  #slots = 0
  #slotsReadAtMs = -Infinity

  constructor(db: Executor, lane: string) {
    this.#db = db
    this.#lane = lane
  }

  /** The window as it was last measured; null while this dispatcher does not release the lane. */
  get size(): number | null {
    return this.#last?.window ?? null
  }

  /** Forgets everything, because another dispatcher has released the lane meanwhile. */
  forget(): void {
    this.#last = null
    this.#drainedPerSecond = null
    this.#isWaiting = false
  }

  /** How many tickets may be released now. */
  async room(): Promise<number> {
    const nowMs = performance.now()
    if (this.#last === null || nowMs - this.#last.atMs >= this.#maxAgeMs()) await this.#measure()
    return this.#left()
  }

  /** @param wasLimited as many were released as were asked for, so there is probably more */
  noteReleased(count: number, wasLimited: boolean): void {
    this.#releasedSince += count
    this.#isWaiting = wasLimited
  }

  #left(): number {
    if (this.#last === null) return 0
    return Math.max(0, this.#last.window - this.#last.held - this.#releasedSince)
  }

  #maxAgeMs(): number {
    if (!this.#isWaiting && this.#releasedSince === 0) return MEASURE_IDLE_MS
    return this.#left() === 0 ? MEASURE_FULL_MS : MEASURE_BUSY_MS
  }

  async #measure(): Promise<void> {
    const holding = await readLaneHolding(this.#db, this.#lane)
    const now = { ...holding, atMs: performance.now(), wasWaiting: this.#isWaiting }
    this.#noteDrained(now)
    this.#last = now
    this.#releasedSince = 0
    await this.#adjust(now)
  }

  #noteDrained(now: Measurement): void {
    const before = this.#last
    if (before === null || !before.wasWaiting || !now.wasWaiting) return
    const elapsedMs = now.atMs - before.atMs
    const drained = Math.max(0, before.held + this.#releasedSince - now.held)
    const perSecond = (drained * 1_000) / Math.max(1, elapsedMs)
    const weight = this.#drainedPerSecond === null ? 1 : 1 - Math.exp(-elapsedMs / SMOOTHING_MS)
    this.#drainedPerSecond = (this.#drainedPerSecond ?? 0) * (1 - weight) + perSecond * weight
  }

  async #adjust(now: Measurement): Promise<void> {
    const slots = await this.#readSlots(now.atMs)
    const chosen = chooseWindow({ drainedPerSecond: this.#drainedPerSecond ?? 0, slots })
    // Without tasks that wait, little is drained because little is there: then the window only grows, with the workers.
    const isMeasured = now.wasWaiting && this.#drainedPerSecond !== null
    const window = isMeasured ? chosen : Math.max(chosen, now.window)
    if (Math.abs(window - now.window) <= WORTHWHILE_CHANGE * now.window) return
    await setLaneWindow(this.#db, { lane: this.#lane, window })
    this.#last = { ...now, window }
  }

  async #readSlots(nowMs: number): Promise<number> {
    if (nowMs - this.#slotsReadAtMs < READ_SLOTS_MS) return this.#slots
    const slots = await readLaneSlots(this.#db)
    this.#slots = slots.get(this.#lane) ?? 0
    this.#slotsReadAtMs = nowMs
    return this.#slots
  }
}
