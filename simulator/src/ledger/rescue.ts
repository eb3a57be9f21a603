import type { LedgerPort } from '@redrive/shared/protocol'
import type { OpenRow, WorkerRow } from './rows.ts'
import { compareIds, type Tables } from './tables.ts'

type Statements = Pick<
  LedgerPort,
  'findConvicts' | 'findForgottenWorkers' | 'findGoneWorkers' | 'lockGoneWorker' | 'rescueAttempts'
>

const LEASE_GRACE_MS = 2_000
const RECENTLY_MS = 60_000

type Limits = Omit<Parameters<LedgerPort['rescueAttempts']>[0], 'decision' | 'workerId'>

/** A task that was never lost is a better suspect than any that ran alone. */
function withoutConvicts(held: readonly OpenRow[], limits: Limits): readonly OpenRow[] {
  const isAnotherSuspected = held.some(({ losses }) => losses === 0)
  const most = isAnotherSuspected ? limits.maxLossesBesideOthers : limits.maxLosses
  return held.filter(({ losses }) => losses + 1 < most)
}

/** What takes attempts from workers that are gone. */
export function rescue(tables: Tables): Statements {
  return {
    findGoneWorkers() {
      const workers = [...tables.workers.values()]
      const gone = workers.filter((worker) => seemsGone(worker, tables.nowMs))
      const lost = workers.filter(
        ({ state, endedAt }) => state === 'lost' && (endedAt ?? 0) > tables.nowMs - RECENTLY_MS,
      )
      return {
        server: String(tables.server),
        gone: gone.map(({ id, host, leaseUntil }) => ({
          id,
          host,
          isLeaseOver: isOver(leaseUntil, tables.nowMs),
        })),
        recentlyLost: lost.map(({ id }) => id),
      }
    },

    findForgottenWorkers() {
      const holders = new Set(tables.openWhere(({ token }) => token !== null).map(({ workerId }) => workerId))
      const workers = [...tables.workers.values()]
      return workers.filter((worker) => hasEnded(worker) && holders.has(worker.id)).map(({ id }) => id)
    },

    lockGoneWorker(workerId) {
      const worker = tables.workers.get(workerId)
      if (worker === undefined) return false
      if (tables.mutation === 'rescue-the-living') return true
      return hasEnded(worker) || seemsGone(worker, tables.nowMs)
    },

    rescueAttempts({ workerId, ...limits }) {
      const worker = tables.workers.get(workerId)
      if (worker !== undefined && !hasEnded(worker)) {
        worker.state = 'lost'
        worker.endedAt ??= tables.nowMs
      }
      return withoutConvicts(heldBy(tables, workerId), limits).map((row) => {
        const { taskId, attempt, type } = row
        if (tables.mutation !== 'rescue-without-attempt')
          tables.recordAttempt(row, { outcome: 'lost', isCharged: false })
        row.losses += 1
        tables.sendAnew(row, { delayMs: 0 })
        return { taskId, attempt, type }
      })
    },

    findConvicts: ({ workerId, maxLosses }) =>
      heldBy(tables, workerId)
        .filter(({ losses }) => losses + 1 >= maxLosses)
        .map(({ taskId, token, attempt, type, lane, number, losses }) => ({
          taskId,
          token: token ?? '',
          attempt,
          type,
          lane,
          number,
          losses,
        })),
  }
}

function heldBy(tables: Tables, workerId: string): readonly OpenRow[] {
  return tables
    .openWhere((row) => row.workerId === workerId && row.token !== null)
    .toSorted((a, b) => compareIds(a.taskId, b.taskId))
}

function hasEnded({ state }: WorkerRow): boolean {
  return state === 'lost' || state === 'stopped'
}

export function seemsGone(worker: WorkerRow, nowMs: number): boolean {
  return !hasEnded(worker) && (isOver(worker.leaseUntil, nowMs) || !worker.isLockHeld)
}

function isOver(leaseUntil: number, nowMs: number): boolean {
  return leaseUntil < nowMs - LEASE_GRACE_MS
}
