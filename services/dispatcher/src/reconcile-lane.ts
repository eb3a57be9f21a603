import { laneQueue, type BrokerConnection, type ManagementClient } from '@redrive/shared/broker'
import { performStatement, type Executor } from '@redrive/shared/database'
import { reconcileLane as reconcileInOrder, runFlow } from '@redrive/shared/protocol'
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

/**
 * Compares what the ledger believes to be in a lane's queue with what the broker holds, and repairs what is missing: see
 * `reconcileLane` of the protocol. Rejects when the broker cannot be asked: then nothing is known.
 */
export async function reconcileLane(parts: LaneReconciliation, lane: Lane): Promise<ReconciledLane> {
  const { db, noteRepair, olderThanMs } = parts
  const { live, missing } = await runFlow(
    reconcileInOrder<LiveQueue>({ lane, olderThanMs }),
    (effect): unknown => {
      switch (effect.do) {
        case 'ask':
          return performStatement(db, effect)
        case 'inspectLane':
          return inspectLive(parts, laneQueue(effect.lane))
        case 'noteRepair':
          return noteRepair(effect)
      }
    },
  )
  return { ...live, missing }
}
