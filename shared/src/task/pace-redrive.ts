export interface RedrivePace {
  readonly ratePerSecond: number | null
  /** Up to this moment the rate is used up. */
  readonly pacedUntilMs: number
  /** By the same clock. */
  readonly nowMs: number
  readonly concurrency: number | null
  /** Members that have not ended, as far as the concurrency asks. */
  readonly openMembers: number
  readonly maxChunk: number
}

/** What was not used for longer than this is lost: after a pause or an outage nothing comes in a flood. */
const MAX_ARREARS_MS = 1_000

/** How many members may be redriven now, and from when on their share of the rate counts. Pure. */
export function paceRedrive(pace: RedrivePace): { readonly count: number; readonly fromMs: number } {
  const { ratePerSecond, pacedUntilMs, nowMs, concurrency, openMembers, maxChunk } = pace
  const room = concurrency === null ? maxChunk : Math.max(0, concurrency - openMembers)
  if (ratePerSecond === null) return { count: Math.min(maxChunk, room), fromMs: nowMs }
  const spacingMs = 1_000 / ratePerSecond
  // A rate below one per second gathers until there is a whole one, and a little longer: looks come at any time.
  const fromMs = Math.max(pacedUntilMs, nowMs - Math.max(MAX_ARREARS_MS, 2 * spacingMs))
  const allowed = Math.max(0, Math.floor((nowMs - fromMs) / spacingMs))
  return { count: Math.min(maxChunk, room, allowed), fromMs }
}

/** Until when the rate is used up after this many were redriven. */
export function pacedUntilMs(fromMs: number, redriven: number, ratePerSecond: number | null): number {
  return ratePerSecond === null ? fromMs : fromMs + (redriven * 1_000) / ratePerSecond
}
