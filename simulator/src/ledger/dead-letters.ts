import type { LedgerPort } from '@redrive/shared/protocol'
import type { DeadLetterRow, TaskRow } from './rows.ts'
import { compareIds, openRowOf, type Tables } from './tables.ts'

type Statements = Pick<
  LedgerPort,
  | 'closeDeadLetter'
  | 'keepForeignMessages'
  | 'openDeadLetters'
  | 'openOverdueDeadLetters'
  | 'recallDeadLetter'
  | 'redriveDeadLetter'
>

/** What opens and closes dead letters. */
export function deadLetters(tables: Tables): Statements {
  return {
    openDeadLetters(carried) {
      const opened: DeadLetterRow[] = []
      for (const { taskId, number } of carried) {
        const letter = tables.lettersOf(taskId).find((one) => one.number === number)
        if (letter?.state === 'carried') opened.push(letter)
      }
      return opened.map((letter) => open(letter))
    },

    openOverdueDeadLetters({ olderThanMs, limit }) {
      if (tables.mutation === 'forget-convicts') return []
      const before = tables.nowMs - olderThanMs
      const overdue = [...tables.letters.values()].filter(
        ({ state, diedAt }) => state === 'carried' && diedAt < before,
      )
      return overdue
        .toSorted((a, b) => compareIds(a.id, b.id))
        .slice(0, limit)
        .map((letter) => open(letter))
    },

    keepForeignMessages(messages) {
      const kept = new Set(
        messages.map(({ digest }) => digest).filter((digest) => !tables.foreign.has(digest)),
      )
      for (const digest of kept) tables.foreign.add(digest)
      return kept
    },

    closeDeadLetter({ tenantId, deadLetterId, state }) {
      const { letter } = find(tables, { tenantId, deadLetterId })
      if (letter?.state !== 'open' || state !== 'discarded') return false
      letter.state = 'discarded'
      return true
    },

    redriveDeadLetter(order) {
      const { letter, task } = find(tables, order)
      if (letter === undefined || task === undefined) return null
      const isRedrivable = letter.state === 'open' && task.state === 'failed'
      if (!isRedrivable && tables.mutation !== 'redrive-anything') return null
      return redrive(tables, { letter, task, lane: order.lane, attempts: order.attempts })
    },

    recallDeadLetter(order) {
      const { letter, task } = find(tables, order)
      const row = task === undefined ? undefined : tables.open.get(task.id)
      if (letter?.state !== 'redriven' || task === undefined || row?.redrivenFrom !== letter.id) return false
      const isUntouched = row.token === null && row.attempt === row.attemptsBeforeLife
      if (!isUntouched && tables.mutation !== 'recall-started') return false
      tables.open.delete(row.taskId)
      Object.assign(task, { state: 'failed', number: row.number, ...letter.lifeBefore })
      letter.state = 'open'
      letter.lifeBefore = null
      return true
    },
  }
}

function open(letter: DeadLetterRow): ReturnType<Statements['openDeadLetters']>[number] {
  letter.state = 'open'
  const { id, taskId, type, reason } = letter
  return { id, taskId, type, reason }
}

function find(
  tables: Tables,
  { tenantId, deadLetterId }: { readonly tenantId: string; readonly deadLetterId: string },
): { readonly letter: DeadLetterRow | undefined; readonly task: TaskRow | undefined } {
  const letter = tables.letters.get(deadLetterId)
  const task = letter === undefined ? undefined : tables.tasks.get(letter.taskId)
  return task?.tenantId === tenantId ? { letter, task } : { letter: undefined, task: undefined }
}

interface Redriving {
  readonly letter: DeadLetterRow
  readonly task: TaskRow
  readonly lane: string | null
  readonly attempts: number | null
}

function redrive(
  tables: Tables,
  { letter, task, lane, attempts }: Redriving,
): NonNullable<ReturnType<Statements['redriveDeadLetter']>> {
  const { nowMs } = tables
  letter.state = 'redriven'
  letter.lifeBefore = { lane: task.lane, maxAttempts: task.maxAttempts }
  const number = (task.number ?? tables.open.get(task.id)?.number ?? 0) + 1
  task.state = null
  task.number = null
  task.result = null
  task.lane = lane ?? task.lane
  task.maxAttempts = task.chargedAttempts + (attempts ?? task.attemptBudget)
  const { attempt, chargedAttempts } = task
  tables.open.set(task.id, {
    ...openRowOf(task, nowMs),
    number,
    attempt,
    chargedAttempts,
    attemptsBeforeLife: attempt,
    redrivenFrom: letter.id,
    expiresAt: task.expiresAt !== null && task.expiresAt > nowMs ? task.expiresAt : null,
  })
  return { taskId: task.id, number }
}
