import type { LedgerPort } from '@redrive/shared/protocol'
import { openRowOf, type Tables } from './tables.ts'

type Statements = Pick<LedgerPort, 'findSubmission' | 'submitTasks' | 'submitTasksWithKey'>
type NewTask = Parameters<LedgerPort['submitTasks']>[0][number]
type Key = Parameters<LedgerPort['findSubmission']>[0]

export function submission(tables: Tables): Statements {
  return {
    submitTasks: (tasks) => store(tables, tasks),

    submitTasksWithKey(tasks, key) {
      const name = keyName(key)
      if (tables.keys.has(name)) return null
      if (tables.mutation !== 'forget-the-key')
        tables.keys.set(name, {
          bodyHash: key.bodyHash,
          taskIds: tasks.map(({ id }) => id),
          createdAt: tables.nowMs,
        })
      return store(tables, tasks)
    },

    findSubmission(key) {
      const row = tables.keys.get(keyName(key))
      if (row === undefined) return null
      return { bodyHash: row.bodyHash, tasks: row.taskIds.map((id) => acceptedOf(tables, id)) }
    },
  }
}

function store(tables: Tables, tasks: readonly NewTask[]): ReturnType<LedgerPort['submitTasks']> {
  for (const task of tasks) if (!tables.tasks.has(task.id)) insert(tables, task)
  return tasks.map(({ id }) => acceptedOf(tables, id))
}

function insert(tables: Tables, task: NewTask): void {
  const { nowMs } = tables
  const runAt = task.runAt?.getTime() ?? nowMs + task.delayMs
  const row = {
    id: task.id,
    tenantId: task.tenantId,
    type: task.type,
    lane: task.lane,
    createdAt: nowMs,
    runAt,
    expiresAt: task.expiresAt?.getTime() ?? null,
    attemptBudget: task.attemptBudget,
    maxAttempts: task.attemptBudget,
    state: null,
    number: null,
    attempt: 0,
    chargedAttempts: 0,
    result: null,
  }
  tables.tasks.set(task.id, row)
  const takenUntil = task.takenForMs !== null && runAt <= nowMs ? nowMs + task.takenForMs : null
  tables.open.set(task.id, { ...openRowOf(row, nowMs), dueAt: runAt, takenUntil })
}

function acceptedOf(tables: Tables, id: string): ReturnType<LedgerPort['submitTasks']>[number] {
  const task = tables.tasks.get(id)
  return { id, createdAt: new Date(task?.createdAt ?? 0), runAt: new Date(task?.runAt ?? 0) }
}

function keyName({ tenantId, route, key }: Key): string {
  return `${tenantId} ${route} ${key}`
}
