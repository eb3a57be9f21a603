export interface LaneFigures {
  /** Tickets that the broker confirmed a while ago and no worker has claimed, by the ledger. */
  readonly oldConfirmed: number
  /** Of these, those that have waited for so long that a consumer would hardly still hold them. */
  readonly overdue: number
  /** Messages that wait in the lane's queue. */
  readonly ready: number
  /** Messages that workers hold; null when nobody can tell. */
  readonly unacknowledged: number | null
  /** Messages that the living workers could hold at most; null when nobody can tell. */
  readonly prefetchable: number | null
  /** Attempts that run in the lane: each of them usually holds its message. */
  readonly running: number
}

export interface MissingTickets {
  readonly count: number
  /** Whether even a ticket that could be with a worker has been taken into account; else the count is of overdue ones. */
  readonly isCertain: boolean
}

/**
 * How many tickets the broker has lost, at least: those that should be there, less those that may be them. What workers
 * hold and do not run are prefetched tickets. Where that is not known, as many are spared as workers could hold, and what
 * is overdue is then taken for lost all the same: each such guess costs one void ticket.
 */
export function countMissing(figures: LaneFigures): MissingTickets {
  const { oldConfirmed, overdue, ready, unacknowledged, prefetchable, running } = figures
  const held = unacknowledged ?? prefetchable
  const prefetched = held === null ? oldConfirmed : Math.max(0, held - running)
  const certain = Math.max(0, oldConfirmed - ready - prefetched)
  if (unacknowledged !== null || certain > 0) return { count: certain, isCertain: true }
  return { count: Math.max(0, overdue - ready), isCertain: false }
}
