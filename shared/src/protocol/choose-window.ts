export interface LaneDemand {
  /** Tickets that workers took from the lane, per second. */
  readonly drainedPerSecond: number
  /** Attempts that the lane's living workers can run at once. */
  readonly slots: number
}

/** Enough that a lane whose workers have just come is not starved before it was measured; a guess. */
const MIN_WINDOW = 200
/** Keeps what a purge of the queue could lose, and what must be counted, small at any speed. */
const MAX_WINDOW = 20_000
/** A measurement every quarter of a second, and the time until the ledger has the confirms, fit well into two seconds. */
const SECONDS_AHEAD = 2

/**
 * How many tickets of a lane may be with the broker: two seconds of what its workers do, so that none of them waits for
 * release; never fewer than two for each slot, since short tasks end before a measurement sees them.
 */
export function chooseWindow({ drainedPerSecond, slots }: LaneDemand): number {
  const wanted = Math.max(Math.ceil(SECONDS_AHEAD * drainedPerSecond), 2 * slots, MIN_WINDOW)
  return Math.min(wanted, MAX_WINDOW)
}
