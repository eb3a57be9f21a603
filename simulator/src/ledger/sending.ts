import type { LedgerPort } from '@redrive/shared/protocol'
import type { OpenRow } from './rows.ts'
import { compareIds, type Tables, ticketOf } from './tables.ts'

type Statements = Pick<
  LedgerPort,
  | 'countLaneTasks'
  | 'countOldConfirmed'
  | 'countPrefetchable'
  | 'expireTasks'
  | 'markConfirmed'
  | 'releaseUnseenTickets'
  | 'takeDueTickets'
>

/** What moves tickets without an attempt. */
export function sending(tables: Tables): Statements {
  return {
    takeDueTickets({ lane, limit, graceMs }) {
      const due = tables
        .openWhere((row) => isToBeSent(row, lane, tables))
        .toSorted((a, b) => a.dueAt - b.dueAt || compareIds(a.taskId, b.taskId))
        .slice(0, limit)
      for (const row of due) {
        row.takenUntil = tables.nowMs + graceMs * 2 ** Math.min(row.publishTries, 6)
        row.publishTries += 1
      }
      return due.map(ticketOf)
    },

    markConfirmed(tickets) {
      const isAnyNumber = tables.mutation === 'confirm-any-number'
      let count = 0
      for (const { row, wanted } of tables.rowsOf(tickets)) {
        const isMeant = isAnyNumber || row.number === wanted.number
        if (!isMeant || row.token !== null || row.confirmedAt !== null) continue
        row.confirmedAt = tables.nowMs
        row.takenUntil = null
        count += 1
      }
      return count
    },

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

    expireTasks({ limit }) {
      const overdue = tables
        .openWhere(
          ({ expiresAt, token }) => expiresAt !== null && expiresAt <= tables.nowMs && token === null,
        )
        .toSorted((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0))
        .slice(0, limit)
        .toSorted((a, b) => compareIds(a.taskId, b.taskId))
      for (const row of overdue) tables.end(row, { state: 'expired', isCharged: false, result: null })
      return overdue.map(({ taskId, type, lane, attempt }) => ({ taskId, type, lane, attempt }))
    },
  }
}

function isToBeSent(row: OpenRow, lane: string, { mutation, nowMs }: Tables): boolean {
  const isOver = row.takenUntil !== null && row.takenUntil <= nowMs && mutation !== 'release-nothing-again'
  const isFree = row.takenUntil === null || isOver
  return row.lane === lane && row.dueAt <= nowMs && row.token === null && row.confirmedAt === null && isFree
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
