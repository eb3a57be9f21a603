const BURST = 20
const PER_SECOND = 1
/** Addresses remembered; the one that failed longest ago is forgotten first. */
const MAX_ADDRESSES = 10_000

interface Bucket {
  tokens: number
  atMs: number
}

/**
 * A token bucket for each address that sends wrong keys: twenty at once, then one each second. Only failures count, so
 * that a neighbour's wrong key behind the same proxy locks nobody out; keys are too long to be guessed either way.
 */
export class FailedAttempts {
  readonly #buckets = new Map<string, Bucket>()

  /** Seconds to wait before the next failure of this address is answered as such; 0 when there is no need. */
  record(address: string, nowMs: number): number {
    const bucket = this.#buckets.get(address) ?? { tokens: BURST, atMs: nowMs }
    const tokens = Math.min(BURST, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * PER_SECOND)
    const isAllowed = tokens >= 1
    this.#remember(address, { tokens: isAllowed ? tokens - 1 : tokens, atMs: nowMs })
    return isAllowed ? 0 : Math.ceil((1 - tokens) / PER_SECOND)
  }

  #remember(address: string, bucket: Bucket): void {
    this.#buckets.delete(address)
    this.#buckets.set(address, bucket)
    if (this.#buckets.size <= MAX_ADDRESSES) return
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
