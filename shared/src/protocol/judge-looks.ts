import type { GoneWorker, Look } from '../database/index.ts'

export interface TimedLook extends Look {
  /** On a clock that never goes back, when the answer was there. */
  readonly atMs: number
  /** Of the connection that looked. */
  readonly generation: number
}

/** What a looker remembers from one look to the next. */
export interface LookMemory {
  /** Nobody is given up before this; null until the pause can begin, with the next look that succeeds. */
  readonly pausedUntilMs: number | null
  readonly last: TimedLook | null
}

export interface Judgement {
  readonly memory: LookMemory
  readonly isPaused: boolean
  /** The workers to give up now. */
  readonly lost: readonly GoneWorker[]
}

/** At the start, and after every look that failed. */
export const NOTHING_SEEN: LookMemory = { pausedUntilMs: null, last: null }

/**
 * Judges which workers are dead. One whose lease is over is; one whose lock is free only if the look before said the
 * same, because its connection may just be made anew.
 *
 * Nobody is judged for one lease after the start, after a look that failed or came too late, and after another server or
 * another connection answered: a database that was frozen, restarted or replaced has kept workers from renewing their
 * leases and has dropped their locks, and they need this time to come back.
 */
export function judgeLook(memory: LookMemory, look: TimedLook, leaseMs: number): Judgement {
  const isTrusted = memory.last !== null && !hasGap(memory.last, look, leaseMs)
  const pausedUntilMs =
    isTrusted && memory.pausedUntilMs !== null ? memory.pausedUntilMs : look.atMs + leaseMs
  const isPaused = look.atMs < pausedUntilMs
  const seenBefore = new Set(memory.last?.gone.map((worker) => worker.id))
  const lost = look.gone.filter((worker) => worker.isLeaseOver || seenBefore.has(worker.id))
  return { memory: { pausedUntilMs, last: look }, isPaused, lost: isPaused ? [] : lost }
}

/**
 * Workers renew three times within a lease, so after half a lease without an answer the weakest of them has a sixth
 * left: a shorter silence of the database has cost nobody the lease.
 */
function hasGap(last: TimedLook, look: TimedLook, leaseMs: number): boolean {
  const isOtherServer = last.server !== look.server || last.generation !== look.generation
  return isOtherServer || look.atMs - last.atMs > leaseMs / 2
}
