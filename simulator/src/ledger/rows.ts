import type { DeadLetterState } from '@redrive/shared/task'

type Ended = 'succeeded' | 'failed' | 'cancelled' | 'expired'

/** A task, as far as the protocol looks at it. Times are milliseconds on the simulated clock. */
export interface TaskRow {
  readonly id: string
  readonly tenantId: string
  readonly type: string
  lane: string
  readonly createdAt: number
  readonly runAt: number
  readonly expiresAt: number | null
  readonly attemptBudget: number
  maxAttempts: number
  state: Ended | null
  number: number | null
  attempt: number
  chargedAttempts: number
  result: string | null
}

/** What is responsible for a task that has not ended. */
export interface OpenRow {
  readonly taskId: string
  readonly tenantId: string
  readonly lane: string
  readonly type: string
  readonly expiresAt: number | null
  readonly lifeBeganAt: number
  readonly attemptsBeforeLife: number
  readonly redrivenFrom: string | null
  number: number
  dueAt: number
  takenUntil: number | null
  publishTries: number
  confirmedAt: number | null
  attempt: number
  chargedAttempts: number
  returnedAttempts: number
  losses: number
  workerId: string | null
  token: string | null
  startedAt: number | null
  unhandledSince: number | null
}

export interface AttemptRow {
  readonly taskId: string
  readonly attempt: number
  readonly number: number
  readonly token: string
  readonly workerId: string
  readonly outcome: 'succeeded' | 'failed' | 'timed_out' | 'lost' | 'returned' | 'run_later' | 'cancelled'
  readonly isCharged: boolean
}

export interface DeadLetterRow {
  readonly id: string
  readonly taskId: string
  readonly number: number
  readonly type: string
  readonly reason: string
  readonly diedAt: number
  state: DeadLetterState
  lifeBefore: { readonly lane: string; readonly maxAttempts: number } | null
}

export interface WorkerRow {
  readonly id: string
  readonly host: string
  state: 'running' | 'draining' | 'stopped' | 'lost'
  leaseUntil: number
  endedAt: number | null
  readonly lanes: readonly string[]
  /** Null where an older version does not say. */
  readonly prefetch: number | null
  /** Held by the process's own connection, for as long as both live. */
  isLockHeld: boolean
}

export interface KeyRow {
  readonly bodyHash: Buffer
  readonly taskIds: readonly string[]
  readonly createdAt: number
}
