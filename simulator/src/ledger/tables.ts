import type { Ticket } from '@redrive/shared/task'
import type { Mutation } from '../mutation.ts'
import type { AttemptRow, DeadLetterRow, KeyRow, OpenRow, TaskRow, WorkerRow } from './rows.ts'

export interface Ending {
  readonly state: NonNullable<TaskRow['state']>
  readonly isCharged: boolean
  readonly result: string | null
}

/** What a row that is to be sent anew forgets about its last sending. */
export const UNSENT = { confirmedAt: null, takenUntil: null, publishTries: 0 } as const

/** The rows of the simulated ledger, its clock, and the changes that several statements have in common. */
export class Tables {
  nowMs = 1_000_000
  /** Another one after each restart. */
  server = 1
  readonly tasks = new Map<string, TaskRow>()
  readonly open = new Map<string, OpenRow>()
  readonly letters = new Map<string, DeadLetterRow>()
  readonly workers = new Map<string, WorkerRow>()
  readonly keys = new Map<string, KeyRow>()
  readonly foreign = new Set<string>()
  readonly mutation: Mutation | null
  readonly #attempts = new Map<string, AttemptRow[]>()
  readonly #lettersOf = new Map<string, DeadLetterRow[]>()

  constructor(mutation: Mutation | null = null) {
    this.mutation = mutation
  }

  attemptsOf(taskId: string): readonly AttemptRow[] {
    return this.#attempts.get(taskId) ?? []
  }

  lettersOf(taskId: string): readonly DeadLetterRow[] {
    return this.#lettersOf.get(taskId) ?? []
  }

  openWhere(is: (row: OpenRow) => boolean): OpenRow[] {
    const rows: OpenRow[] = []
    for (const row of this.open.values()) if (is(row)) rows.push(row)
    return rows
  }

  /** The open rows of what is wanted, in id order, as every statement locks them. */
  rowsOf<Wanted extends { readonly taskId: string }>(
    wanted: readonly Wanted[],
  ): { readonly row: OpenRow; readonly wanted: Wanted }[] {
    const found: { row: OpenRow; wanted: Wanted }[] = []
    for (const one of wanted) {
      const row = this.open.get(one.taskId)
      if (row !== undefined) found.push({ row, wanted: one })
    }
    return found.length < 2 ? found : found.toSorted((a, b) => compareIds(a.row.taskId, b.row.taskId))
  }

  end(row: OpenRow, { state, isCharged, result }: Ending): void {
    this.open.delete(row.taskId)
    const task = this.tasks.get(row.taskId)
    if (task === undefined) return
    task.state = state
    task.number = row.number
    task.attempt = row.attempt
    task.chargedAttempts = row.chargedAttempts + Number(isCharged)
    task.result = result
  }

  addLetter(letter: DeadLetterRow): void {
    this.letters.set(letter.id, letter)
    this.#lettersOf.set(letter.taskId, [...this.lettersOf(letter.taskId), letter])
  }

  recordAttempt(row: OpenRow, { outcome, isCharged }: Pick<AttemptRow, 'isCharged' | 'outcome'>): void {
    const { taskId, attempt, number, token, workerId } = row
    const record = {
      taskId,
      attempt,
      number,
      token: token ?? '',
      workerId: workerId ?? '',
      outcome,
      isCharged,
    }
    const before = this.#attempts.get(taskId)
    if (before === undefined) this.#attempts.set(taskId, [record])
    else before.push(record)
  }

  sendAnew(
    row: OpenRow,
    { delayMs, isSameNumber = false }: { readonly delayMs: number; readonly isSameNumber?: boolean },
  ): void {
    if (!isSameNumber) row.number += 1
    Object.assign(row, {
      dueAt: this.nowMs + delayMs,
      workerId: null,
      token: null,
      startedAt: null,
      ...UNSENT,
    })
  }
}

export function openRowOf({ id, tenantId, lane, type, expiresAt }: TaskRow, nowMs: number): OpenRow {
  return {
    taskId: id,
    tenantId,
    lane,
    type,
    expiresAt,
    lifeBeganAt: nowMs,
    attemptsBeforeLife: 0,
    redrivenFrom: null,
    number: 1,
    dueAt: nowMs,
    takenUntil: null,
    publishTries: 0,
    confirmedAt: null,
    attempt: 0,
    chargedAttempts: 0,
    returnedAttempts: 0,
    losses: 0,
    workerId: null,
    token: null,
    startedAt: null,
    unhandledSince: null,
  }
}

export function ticketOf({ taskId, number }: OpenRow): Ticket {
  return { taskId, number }
}

export function compareIds(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
