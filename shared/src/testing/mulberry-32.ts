/**
 * Draws from [0, 1) that follow from the seed alone. Mulberry32, by Tommy Ettinger: small, quick, and good enough to
 * choose by. A function that is called a million times a second, so nothing but numbers.
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
