import { closeSync, openSync, writeSync } from 'node:fs'

/** One line of the history: what somebody did, saw, or had done to them. */
export interface HistoryLine {
  /** Milliseconds since the run began, on a clock that never goes back. */
  readonly atMs: number
  readonly event: string
  readonly [detail: string]: unknown
}

/** The run's own record, kept outside everything that is tortured. In memory for the checks, on disk for people. */
export class History {
  readonly lines: HistoryLine[] = []
  #file: number | null
  readonly #beganAtMs = performance.now()

  constructor(file: string) {
    this.#file = openSync(file, 'a')
  }

  get nowMs(): number {
    return Math.round(performance.now() - this.#beganAtMs)
  }

  add(event: string, detail: object = {}): HistoryLine {
    const line = { atMs: this.nowMs, event, ...detail }
    this.lines.push(line)
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify(line)}\n`)
    return line
  }

  close(): void {
    // What is still under way in a run that was broken off must not write to whatever has the number next.
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}
