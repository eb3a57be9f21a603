export interface LaneFigures {
  /** Tickets that the broker confirmed long ago and no worker has claimed, by the ledger. */
  readonly oldConfirmed: number
  /** Messages that wait in the lane's queue. */
  readonly ready: number
  /** Messages that workers hold; null when nobody can tell. */
  readonly unacknowledged: number | null
  /** Attempts that run in the lane: each of them usually holds its message. */
  readonly running: number
}

/**
 * How many tickets the broker has lost, at least: those that should be there, less those that may be them. What workers
 * hold and do not run are prefetched tickets; where that is not known, they are taken for lost, and each costs one void ticket.
 */
export function countMissing({ oldConfirmed, ready, unacknowledged, running }: LaneFigures): number {
  const prefetched = unacknowledged === null ? 0 : Math.max(0, unacknowledged - running)
  return Math.max(0, oldConfirmed - ready - prefetched)
}
