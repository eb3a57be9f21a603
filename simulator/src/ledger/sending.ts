import type { LedgerPort } from '@redrive/shared/protocol'
import type { OpenRow } from './rows.ts'
import { compareIds, type Tables, ticketOf } from './tables.ts'

type Statements = Pick<LedgerPort, 'expireTasks' | 'markConfirmed' | 'takeDueTickets'>

/** What moves tickets without an attempt. */
export function sending(tables: Tables): Statements {
  return {
    takeDueTickets({ lane, limit, graceMs }) {
      const due = tables
        .openWhere((row) => isToBeSent(row, lane, tables))
        .toSorted((a, b) => a.dueAt - b.dueAt || compareIds(a.taskId, b.taskId))
        .slice(0, limit)
      for (const row of due) {
        row.takenUntil = tables.nowMs + graceMs * 2 ** Math.min(row.publishTries, 2)
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
