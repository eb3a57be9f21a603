import { mulberry32 } from '@redrive/shared/testing'

/** Draws that are the same for the same seed. */
export class Random {
  /** From [0, 1). */
  readonly next: () => number

  constructor(seed: number) {
    // Neighbouring seeds begin far from each other.
    this.next = mulberry32(Math.imul(seed + 1, 0x9e_37_79_b1))
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
