import type { LedgerPort } from '@redrive/shared/protocol'
import { type Tables, UNSENT } from './tables.ts'

type Statements = Pick<LedgerPort, 'returnBystanders' | 'returnUnhandled'>

/** What sends tasks anew to which nothing has happened. */
export function returning(tables: Tables): Statements {
  return {
    returnBystanders(bystanders) {
      const isRunningToo = tables.mutation === 'return-running'
      const returned = new Set<string>()
      for (const { row, wanted } of tables.rowsOf(bystanders)) {
        if (row.number > wanted.number || (row.token !== null && !isRunningToo)) continue
        row.number = Math.max(row.number, wanted.number) + 1
        Object.assign(row, UNSENT)
        returned.add(row.taskId)
      }
      return returned
    },

    returnUnhandled(tickets, { delayMs }) {
      const returned = new Set<string>()
      for (const { row, wanted } of tables.rowsOf(tickets)) {
        if (row.number !== wanted.number || row.token !== null) continue
        row.number += 1
        row.dueAt = tables.nowMs + delayMs
        row.unhandledSince ??= tables.nowMs
        Object.assign(row, UNSENT)
        returned.add(row.taskId)
      }
      return returned
    },
  }
}
