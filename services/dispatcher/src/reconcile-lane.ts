import {
  inspectQueue,
  laneQueue,
  type BrokerConnection,
  type ManagementClient,
  type TicketPublisher,
} from '@redrive/shared/broker'
import { countLaneTasks, countOldConfirmed, takeUnseenTickets, type Executor } from '@redrive/shared/database'
import type { Events } from '@redrive/shared/runtime'
import type { Lane } from '@redrive/shared/task'
import { countMissing } from '@redrive/shared/protocol'
import { publishTickets } from './publish-tickets.ts'

export interface LaneReconciliation {
  readonly db: Executor
  /** Not the publishing one, which says nothing while the broker blocks it. */
  readonly connection: BrokerConnection
  readonly publisher: TicketPublisher
  readonly management: ManagementClient | null
  readonly events: Events
  /** A ticket is doubted only when it was confirmed longer than this ago. */
  readonly olderThanMs: number
}

export interface LaneInDoubt {
  readonly lane: Lane
  /** The queue was missing a moment ago, so that every ticket that it held is gone. */
  readonly wasQueueMissing: boolean
}

const BATCH = 1_000
/** Five times the largest window: what is counted beyond it is found a minute later. */
const COUNT_AT_MOST = 100_000

interface Doubt {
  readonly count: number
  readonly olderThanMs: number
  readonly detail: string
}

/**
 * Compares what the ledger believes to be in a lane's queue with what the broker holds, and publishes again what is
 * missing, oldest first, under the same numbers. Rejects when the broker cannot be asked: then nothing is known.
 *
 * Crash window: between taking and publishing, tickets count as confirmed anew; after another interval they are doubted again.
 */
export async function reconcileLane(parts: LaneReconciliation, doubted: LaneInDoubt): Promise<void> {
  const doubt = doubted.wasQueueMissing
    ? await doubtAll(parts, doubted.lane)
    : await doubtSome(parts, doubted.lane)
  let left = doubt.count
  while (left > 0 && parts.publisher.isReady) {
    const limit = Math.min(BATCH, left)
    const { olderThanMs } = doubt
    const tickets = await takeUnseenTickets(parts.db, { lane: doubted.lane, olderThanMs, limit })
    if (tickets.length === 0) break
    await publishTickets(parts, { lane: doubted.lane, tickets })
    left -= tickets.length
  }
  const count = doubt.count - left
  if (count === 0) return
  const { lane } = doubted
  parts.events.emit('reconcile.repaired', {
    repair: 'tickets_published_again',
    lane,
    count,
    detail: doubt.detail,
  })
}

async function doubtAll({ db }: LaneReconciliation, lane: Lane): Promise<Doubt> {
  const count = await countOldConfirmed(db, { lane, olderThanMs: 0, atMost: COUNT_AT_MOST })
  return { count, olderThanMs: 0, detail: `${count} confirmed, and the queue ${laneQueue(lane)} was missing` }
}

async function doubtSome(parts: LaneReconciliation, lane: Lane): Promise<Doubt> {
  const { db, olderThanMs } = parts
  const oldConfirmed = await countOldConfirmed(db, { lane, olderThanMs, atMost: COUNT_AT_MOST })
  if (oldConfirmed === 0) return { count: 0, olderThanMs, detail: '' }
  const { ready, unacknowledged } = await askBroker(parts, lane)
  const running = unacknowledged === null ? 0 : await countRunning(db, lane)
  const count = countMissing({ oldConfirmed, ready, unacknowledged, running })
  const held = `${ready} ready, ${unacknowledged ?? 'unknown'} unacknowledged, ${running} running`
  return { count, olderThanMs, detail: `${oldConfirmed} confirmed more than ${olderThanMs} ms ago; ${held}` }
}

async function askBroker(
  { connection, management }: LaneReconciliation,
  lane: Lane,
): Promise<{ readonly ready: number; readonly unacknowledged: number | null }> {
  const queue = laneQueue(lane)
  const depth = await inspectQueue(connection, queue)
  const managed = await management?.inspectQueue(queue)
  return { ready: depth?.ready ?? 0, unacknowledged: managed?.unacknowledged ?? null }
}

async function countRunning(db: Executor, lane: Lane): Promise<number> {
  const counts = await countLaneTasks(db, null)
  return counts.find((one) => one.lane === lane)?.running ?? 0
}
