import type { ReconciliationResource } from '@redrive/shared/contract'
import {
  countDeadLetters,
  countLaneTasks,
  type LaneCounts,
  listRepairs,
  readReconciliation,
  type Reconciliation,
} from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import { type Caller, visibleOwner } from '../http/caller.ts'
import { findQueues, QUEUE_NAMES } from './find-queues.ts'

const RECENT_REPAIRS = 50

/**
 * What reconcile last saw, with the counts and queues of now. Figures over all tenants are left out for a caller who sees
 * only its own.
 */
export async function findReconciliation(caller: Caller, api: ApiParts): Promise<ReconciliationResource> {
  const owner = visibleOwner(caller)
  const [seen, lanes, deadLetters, queues, repairs] = await Promise.all([
    readReconciliation(api.db),
    countLaneTasks(api.db, owner),
    countDeadLetters(api.db, owner),
    findQueues(QUEUE_NAMES, caller, api),
    owner === null ? listRepairs(api.db, RECENT_REPAIRS) : null,
  ])
  return {
    balancedSince: seen.balancedSince?.toISOString() ?? null,
    lookedAt: seen.lookedAt?.toISOString() ?? null,
    lookedBy: seen.lookedBy,
    open: addUp(lanes),
    deadLetters: { carried: deadLetters.carried, open: deadLetters.open },
    queues: queues.map((queue) => ({ ...pickLive(queue), ...pickSeen(queue.brokerQueue, seen) })),
    ledger: owner === null ? copySweep(seen) : null,
    repairs:
      repairs === null
        ? null
        : {
            totals: repairs.totals.map(({ lastAt, ...total }) => ({
              ...total,
              lastAt: lastAt.toISOString(),
            })),
            recent: repairs.recent.map(({ at, ...repair }) => ({ ...repair, at: at.toISOString() })),
          },
  }
}

type Queue = Awaited<ReturnType<typeof findQueues>>[number]
type Compared = ReconciliationResource['queues'][number]

function pickLive({ brokerQueue, ready, unacknowledged, consumers, note }: Queue) {
  return { brokerQueue, ready, unacknowledged, consumers, note }
}

function pickSeen(queue: string, { look }: Reconciliation): Pick<Compared, 'missing' | 'stuck' | 'policy'> {
  const {
    missing = null,
    stuck = null,
    policy = null,
  } = look?.queues.find((one) => one.queue === queue) ?? {}
  return { missing, stuck, policy }
}

function addUp(lanes: readonly LaneCounts[]): ReconciliationResource['open'] {
  const total = (pick: (lane: LaneCounts) => number): number =>
    lanes.reduce((sum, lane) => sum + pick(lane), 0)
  return {
    scheduled: total((lane) => lane.scheduled),
    retrying: total((lane) => lane.retrying),
    waiting: total((lane) => lane.waiting),
    queued: total((lane) => lane.queued),
    running: total((lane) => lane.running),
  }
}

function copySweep({ sweep }: Reconciliation): ReconciliationResource['ledger'] {
  if (sweep === null) return null
  const differences = sweep.differences.map(({ kind, count, taskIds }) => ({
    kind,
    count,
    taskIds: [...taskIds],
  }))
  return { ...sweep, differences }
}
