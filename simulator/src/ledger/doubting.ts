import type { LedgerPort } from '@redrive/shared/protocol'
import type { OpenRow } from './rows.ts'
import { compareIds, type Tables } from './tables.ts'

type Statements = Pick<
  LedgerPort,
  'countLaneTasks' | 'countOldConfirmed' | 'countPrefetchable' | 'releaseUnseenTickets'
>

/** What compares the ledger with the broker, and what follows where they differ. */
export function doubting(tables: Tables): Statements {
  return {
    countOldConfirmed({ lane, olderThanMs, longMs, amongOldest }) {
      const oldest = tables
        .openWhere((row) => row.lane === lane && row.dueAt <= tables.nowMs)
        .toSorted((a, b) => a.dueAt - b.dueAt || compareIds(a.taskId, b.taskId))
        .slice(0, amongOldest)
        .filter((row) => row.token === null)
      const old = oldest.filter((row) => isConfirmedBefore(row, tables.nowMs - olderThanMs))
      return { old: old.length, overdue: oldest.filter((row) => isOverdue(row, tables.nowMs, longMs)).length }
    },

    releaseUnseenTickets({ lane, olderThanMs, longMs, limit }) {
      if (tables.mutation === 'reconcile-nothing') return 0
      const doubted = tables
        .openWhere((row) => row.lane === lane && row.token === null)
        .filter((row) =>
          longMs === null
            ? isConfirmedBefore(row, tables.nowMs - olderThanMs)
            : isOverdue(row, tables.nowMs, longMs),
        )
        .toSorted((a, b) => (a.confirmedAt ?? 0) - (b.confirmedAt ?? 0) || compareIds(a.taskId, b.taskId))
        .slice(0, limit)
      for (const row of doubted) Object.assign(row, { confirmedAt: null, takenUntil: null })
      return doubted.length
    },

    countPrefetchable(lane) {
      const living = [...tables.workers.values()].filter(
        ({ state, lanes }) => ['running', 'draining'].includes(state) && lanes.includes(lane),
      )
      return living.reduce<number | null>(
        (sum, { prefetch }) => (sum === null || prefetch === null ? null : sum + prefetch),
        0,
      )
    },

    countLaneTasks(tenantId) {
      const rows = tables.openWhere((row) => tenantId === null || row.tenantId === tenantId)
      return [...Map.groupBy(rows, ({ lane }) => lane)].map(([lane, some]) => countLane(tables, lane, some))
    },
  }
}

function isConfirmedBefore({ confirmedAt }: OpenRow, before: number): boolean {
  return confirmedAt !== null && confirmedAt < before
}

function isOverdue(row: OpenRow, nowMs: number, longMs: number): boolean {
  const times = Math.min(Math.max(row.publishTries - 1, 0), 6)
  return isConfirmedBefore(row, nowMs - longMs * 2 ** times)
}

function countLane({ nowMs }: Tables, lane: string, rows: readonly OpenRow[]) {
  const count = (is: (row: OpenRow) => boolean): number => rows.filter(is).length
  const isUnsent = ({ token, confirmedAt }: OpenRow): boolean => token === null && confirmedAt === null
  return {
    lane,
    scheduled: count((row) => isUnsent(row) && row.dueAt > nowMs && row.attempt === 0),
    retrying: count((row) => isUnsent(row) && row.dueAt > nowMs && row.attempt > 0),
    waiting: count((row) => isUnsent(row) && row.dueAt <= nowMs),
    queued: count(({ token, confirmedAt }) => token === null && confirmedAt !== null),
    running: count(({ token }) => token !== null),
  }
}
