import type { Lane } from '../task/index.ts'
import { countMissing, type LaneFigures } from './count-missing.ts'
import type { Flow } from './flow.ts'
import { type Ask, ask, inspectLane, type InspectLane, type LiveFigures, type NoteRepair } from './ports.ts'

export interface LaneInDoubt {
  readonly lane: Lane
  /** A ticket is doubted only when it was confirmed longer than this ago. */
  readonly olderThanMs: number
}

export interface ReconciledFigures<Live extends LiveFigures> {
  readonly live: Live
  /** Released again. */
  readonly missing: number
}

type AskToCount = Ask<'countLaneTasks'> | Ask<'countOldConfirmed'> | Ask<'countPrefetchable'>

export type ReconcileEffect = AskToCount | Ask<'releaseUnseenTickets'> | InspectLane | NoteRepair

const BATCH = 1_000
/** Twice the largest window and more: what is counted beyond it is found when the lane is shorter. */
const AMONG_OLDEST = 50_000
/** A consumer may hold a ticket that long before it is doubted although it could be there; a minute with the default interval. */
const LONG = 6

/**
 * Compares what the ledger believes to be in a lane's queue with what the broker holds, and lets release send again what
 * is missing, oldest first, under the same numbers. Throws when the broker cannot be asked: then nothing is known.
 *
 * n.b. The broker is asked first: a ticket that is claimed in between is then missing in the ledger's count, and does no harm.
 * Crash window: what is released again is due like any other row, and what is not is doubted again by the next look.
 */
export function* reconcileLane<Live extends LiveFigures>(
  doubted: LaneInDoubt,
): Flow<ReconcileEffect, ReconciledFigures<Live>> {
  const { lane, olderThanMs } = doubted
  const live = yield* inspectLane<Live>(lane)
  const figures = yield* readFigures(doubted, live)
  const missing = countMissing(figures)
  if (missing.count === 0) return { live, missing: 0 }
  const longMs = missing.isCertain ? null : olderThanMs * LONG
  let left = missing.count
  while (left > 0) {
    const limit = Math.min(BATCH, left)
    const released = yield* ask('releaseUnseenTickets', { lane, olderThanMs, longMs, limit })
    left -= released
    if (released < limit) break
  }
  const count = missing.count - left
  const detail = describe(figures, olderThanMs)
  if (count > 0) yield { do: 'noteRepair', repair: 'tickets_published_again', lane, count, detail }
  return { live, missing: count }
}

function* readFigures(
  { lane, olderThanMs }: LaneInDoubt,
  { ready, unacknowledged }: LiveFigures,
): Flow<AskToCount, LaneFigures> {
  const question = { lane, olderThanMs, longMs: olderThanMs * LONG, amongOldest: AMONG_OLDEST }
  const { old: oldConfirmed, overdue } = yield* ask('countOldConfirmed', question)
  // Counting what runs reads every open row, and decides nothing here.
  if (oldConfirmed <= ready)
    return { oldConfirmed, overdue, ready, unacknowledged, prefetchable: 0, running: 0 }
  const prefetchable = yield* ask('countPrefetchable', lane)
  const counts = yield* ask('countLaneTasks', null)
  const running = counts.find((one) => one.lane === lane)?.running ?? 0
  return { oldConfirmed, overdue, ready, unacknowledged, prefetchable, running }
}

function describe(figures: LaneFigures, olderThanMs: number): string {
  const { oldConfirmed, ready, unacknowledged, prefetchable, running } = figures
  const held =
    unacknowledged === null
      ? `at most ${prefetchable ?? 'unknown'} prefetched`
      : `${unacknowledged} unacknowledged`
  return `${oldConfirmed} confirmed more than ${olderThanMs} ms ago; ${ready} ready, ${held}, ${running} running`
}
