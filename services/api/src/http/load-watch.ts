import type { Database } from '@redrive/shared/database'
import type { Events } from '@redrive/shared/runtime'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { LoadJudge, type LoadReading, type SheddingLevel } from './load-judge.ts'

export interface LoadWatchOptions {
  readonly database: Pick<Database, 'poolCounts' | 'waitForConnection'>
  readonly events: Events
  readonly limits: LoadReading
}

const LOOK_MS = 100
/** n.b. The histogram measures from one timer of this length to the next, so it is part of every value. */
const RESOLUTION_MS = 10
const NS_PER_MS = 1_000_000

/**
 * Looks ten times a second at what grows before latency does: the delay of the event loop, and the wait for a connection.
 * The wait is measured by waiting: while no connection is idle, one probe stands in the pool's line like everybody else,
 * so a frozen ledger, which never lets the line move, is seen by the age of the probe.
 */
export class LoadWatch {
  readonly #options: LoadWatchOptions
  readonly #judge: LoadJudge
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #timer: NodeJS.Timeout | null = null
  #lookedAtMs = 0
  #probedAtMs: number | null = null
  #lastWaitMs = 0

  constructor(options: LoadWatchOptions) {
    this.#options = options
    this.#judge = new LoadJudge(options.limits)
  }

  get level(): SheddingLevel {
    return this.#judge.level
  }

  start(): void {
    if (this.#timer !== null) return
    this.#delays.enable()
    this.#lookedAtMs = performance.now()
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  /** Idempotent. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#delays.disable()
  }

  #look(): void {
    const reading = { loopDelayMs: this.#readLoopDelay(), poolWaitMs: this.#readPoolWait() }
    const before = this.#judge.level
    const now = performance.now()
    const level = this.#judge.judge(reading, now - this.#lookedAtMs)
    this.#lookedAtMs = now
    if (level === before) return
    const rounded = {
      loopDelayMs: Math.round(reading.loopDelayMs),
      poolWaitMs: Math.round(reading.poolWaitMs),
    }
    if (level > before) this.#options.events.emit('load.shed', { level, ...rounded })
    else if (level === 0) this.#options.events.emit('load.taken', rounded)
  }

  #readLoopDelay(): number {
    const delayMs = this.#delays.count === 0 ? 0 : this.#delays.max / NS_PER_MS - RESOLUTION_MS
    this.#delays.reset()
    return Math.max(0, delayMs)
  }

  #readPoolWait(): number {
    if (this.#probedAtMs !== null) return performance.now() - this.#probedAtMs
    const { idle, total, waiting } = this.#options.database.poolCounts()
    if (waiting === 0 && (idle > 0 || total === 0)) return 0
    void this.#probe()
    return this.#lastWaitMs
  }

  async #probe(): Promise<void> {
    const startedAtMs = performance.now()
    this.#probedAtMs = startedAtMs
    // That none was to be had within the pool's limit is a wait as well, and the longest.
    await this.#options.database.waitForConnection().catch(() => undefined)
    this.#lastWaitMs = performance.now() - startedAtMs
    this.#probedAtMs = null
  }
}
