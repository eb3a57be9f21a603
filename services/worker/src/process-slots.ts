/** The line before the few processes that may run attempts alone at the same time: first come, first served. */
export class ProcessSlots {
  readonly #limit: number
  readonly #waiting = new Set<(isGranted: boolean) => void>()
  #taken = 0
  #isClosed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  get taken(): number {
    return this.#taken
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** True with a slot, which is to be left; false when the signal was aborted or the line closed before. */
  enter(signal: AbortSignal): Promise<boolean> {
    if (this.#isClosed || signal.aborted) return Promise.resolve(false)
    if (this.#taken < this.#limit) {
      this.#taken += 1
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const settle = (isGranted: boolean): void => {
        this.#waiting.delete(settle)
        signal.removeEventListener('abort', leave)
        resolve(isGranted)
      }
      const leave = (): void => settle(false)
      this.#waiting.add(settle)
      signal.addEventListener('abort', leave)
    })
  }

  /** Gives the slot to the next in line. */
  leave(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#taken -= 1
    else next(true)
  }

  /** Sends everybody in the line away, now and from now on. */
  close(): void {
    this.#isClosed = true
    for (const settle of this.#waiting) settle(false)
  }
}
