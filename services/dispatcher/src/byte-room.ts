interface Postponed {
  readonly bytes: number
  readonly giveBack: () => void
}

/**
 * Bounds the bytes of messages that are held. A consumer's prefetch counts messages, whatever their size: five hundred may
 * be a hundred kilobytes or eight gigabytes. One that does not fit is forgotten at once, all but the way to give it back,
 * and goes back to its queue when there is room for it. A single one larger than the room is taken when nothing else is held.
 */
export class ByteRoom {
  readonly #size: number
  #held = 0
  #postponed: Postponed[] = []

  constructor(size: number) {
    this.#size = size
  }

  get postponed(): number {
    return this.#postponed.length
  }

  /** Takes the bytes in, or postpones them. n.b. `giveBack` must not hold on to the message itself. */
  take(bytes: number, giveBack: () => void): boolean {
    const fits = this.#held === 0 || this.#held + bytes <= this.#size
    if (fits) this.#held += bytes
    else this.#postponed.push({ bytes, giveBack })
    return fits
  }

  /** Gives as many back as fit now, and no more: each comes again over the network. */
  free(bytes: number): void {
    this.#held -= bytes
    let returning = 0
    for (let next = this.#postponed[0]; next !== undefined; next = this.#postponed[0]) {
      const fits = this.#held + returning === 0 || this.#held + returning + next.bytes <= this.#size
      if (!fits) return
      this.#postponed.shift()
      returning += next.bytes
      next.giveBack()
    }
  }

  /** The channel is gone, and what was postponed on it has gone back by itself. */
  forgetPostponed(): void {
    this.#postponed = []
  }

  /** Gives everything back that was postponed, because no more is taken. */
  close(): void {
    for (const { giveBack } of this.#postponed.splice(0)) giveBack()
  }
}
