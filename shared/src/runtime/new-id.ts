import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const RANDOM_BYTES = 16
/** Random bytes are drawn for many ids at once: one draw costs more than everything else about an id. */
const pool = Buffer.alloc(512 * RANDOM_BYTES)
let used = pool.length

const SEQUENCE_END = 2 ** 32
let lastMs = 0
let sequence = 0

/**
 * A new id that sorts by the time it was made (UUID version 7). Ids of one process never go back, also when the clock
 * does: within a millisecond they are counted, from a random start.
 */
export function newId(): string {
  const random = takeRandom()
  const nowMs = Date.now()
  if (nowMs > lastMs) {
    lastMs = nowMs
    // The lower half, so that there is room to count.
    sequence = random.readUInt32BE(0) >>> 1
  } else {
    sequence += 1
    if (sequence === SEQUENCE_END) {
      lastMs += 1
      sequence = 0
    }
  }
  return v7({ random, msecs: lastMs, seq: sequence })
}

function takeRandom(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += RANDOM_BYTES
  return pool.subarray(used - RANDOM_BYTES, used)
}
