/** Draws that are the same for the same seed: Mulberry32, by Tommy Ettinger. */
export class Random {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds begin far from each other.
    this.#state = Math.imul(seed + 1, 0x9e_37_79_b1) >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.below(items.length)]
  }

  /** One of them, each as often as its weight says. */
  weighted<Item extends { readonly weight: number }>(items: readonly Item[]): Item | undefined {
    let left = this.next() * items.reduce((sum, { weight }) => sum + weight, 0)
    for (const item of items) {
      left -= item.weight
      if (left < 0) return item
    }
    return items.at(-1)
  }
}
