import { laneQueue, type BrokerConnection, type ManagementClient } from '@redrive/shared/broker'
import {
  countLaneTasks,
  countOldConfirmed,
  countPrefetchable,
  releaseUnseenTickets,
  type Executor,
} from '@redrive/shared/database'
import { countMissing, type LaneFigures } from '@redrive/shared/protocol'
import type { Lane } from '@redrive/shared/task'
import { inspectLive, type LiveQueue } from './inspect-live.ts'
import type { NoteRepair } from './repair-log.ts'

export interface LaneReconciliation {
  readonly db: Executor
  /** Not the publishing one, which says nothing while the broker blocks it. */
  readonly connection: BrokerConnection
  readonly management: ManagementClient | null
  readonly noteRepair: NoteRepair
  /** A ticket is doubted only when it was confirmed longer than this ago. */
  readonly olderThanMs: number
}

export interface ReconciledLane extends LiveQueue {
  /** Released again. */
  readonly missing: number
}

const BATCH = 1_000
/** Twice the largest window and more: what is counted beyond it is found when the lane is shorter. */
const AMONG_OLDEST = 50_000
/** A consumer may hold a ticket that long before it is doubted although it could be there; a minute with the default interval. */
const LONG = 6

/**
 * Compares what the ledger believes to be in a lane's queue with what the broker holds, and lets release send again what
 * is missing, oldest first, under the same numbers. Rejects when the broker cannot be asked: then nothing is known.
 *
 * n.b. The broker is asked first: a ticket that is claimed in between is then missing in the ledger's count, and does no harm.
 */
export async function reconcileLane(parts: LaneReconciliation, lane: Lane): Promise<ReconciledLane> {
  const live = await inspectLive(parts, laneQueue(lane))
  const figures = await readFigures(parts, { lane, live })
  const missing = countMissing(figures)
  if (missing.count === 0) return { ...live, missing: 0 }
  const { db, olderThanMs, noteRepair } = parts
  const longMs = missing.isCertain ? null : olderThanMs * LONG
  let left = missing.count
  while (left > 0) {
    const limit = Math.min(BATCH, left)
    const released = await releaseUnseenTickets(db, { lane, olderThanMs, longMs, limit })
    left -= released
    if (released < limit) break
  }
  const count = missing.count - left
  const detail = describe(figures, olderThanMs)
  if (count > 0) await noteRepair({ repair: 'tickets_published_again', lane, count, detail })
  return { ...live, missing: count }
}

async function readFigures(
  { db, olderThanMs }: LaneReconciliation,
  { lane, live }: { readonly lane: Lane; readonly live: LiveQueue },
): Promise<LaneFigures> {
  const question = { lane, olderThanMs, longMs: olderThanMs * LONG, amongOldest: AMONG_OLDEST }
  const { old: oldConfirmed, overdue } = await countOldConfirmed(db, question)
  const { ready, unacknowledged } = live
  // Counting what runs reads every open row, and decides nothing here.
  if (oldConfirmed <= ready)
    return { oldConfirmed, overdue, ready, unacknowledged, prefetchable: 0, running: 0 }
  const prefetchable = await countPrefetchable(db, lane)
  return { oldConfirmed, overdue, ready, unacknowledged, prefetchable, running: await countRunning(db, lane) }
}

async function countRunning(db: Executor, lane: Lane): Promise<number> {
  const counts = await countLaneTasks(db, null)
  return counts.find((one) => one.lane === lane)?.running ?? 0
}

function describe(figures: LaneFigures, olderThanMs: number): string {
  const { oldConfirmed, ready, unacknowledged, prefetchable, running } = figures
  const held =
    unacknowledged === null
      ? `at most ${prefetchable ?? 'unknown'} prefetched`
      : `${unacknowledged} unacknowledged`
  return `${oldConfirmed} confirmed more than ${olderThanMs} ms ago; ${ready} ready, ${held}, ${running} running`
}
