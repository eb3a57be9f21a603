import type { CrashEvidence } from './crash-evidence.ts'
import type { TaskProgress } from './define-task.ts'
import type { ExplainedDeath } from './explain-dead-letter.ts'
import type { DeadLetterState } from './judge-ticket.ts'
import type { TaskError } from './task-error.ts'
import type { TaskState } from './task-state.ts'

/** What the entries of a timeline can be. */
export const TIMELINE_KINDS = [
  'accepted',
  'due',
  'queued',
  'left_out',
  'attempt_started',
  'attempt_ended',
  'decided',
  'late_outcome',
  'died',
  'received',
  'carried',
  'opened',
  'act',
  'succeeded',
  'expired',
  'cancelled',
] as const

/** One thing that happened, or is to happen, in a sentence, with what it is about. */
export interface TimelineEntry {
  readonly at: Date
  readonly kind: (typeof TIMELINE_KINDS)[number]
  readonly text: string
  readonly attempt?: number
  readonly dispatch?: number
  readonly workerId?: string
  readonly host?: string
  readonly workerVersion?: string
  readonly outcome?: string
  readonly isCharged?: boolean
  readonly durationMs?: number
  readonly error?: TaskError
  readonly progress?: TaskProgress
  readonly evidence?: CrashEvidence
  readonly deadLetterId?: string
  readonly fingerprint?: string
  readonly actor?: string
  readonly action?: string
  readonly reason?: string
}

export interface TimelineTask {
  readonly type: string
  readonly lane: string
  readonly state: TaskState
  readonly number: number
  readonly attempt: number
  readonly createdAt: Date
  /** When it might run first, as it was submitted. */
  readonly firstRunAt: Date
  /** When it may run next; of an ended task the last such time. */
  readonly runAt: Date
  /** When RabbitMQ confirmed the current ticket, where it is known. */
  readonly confirmedAt: Date | null
  readonly finishedAt: Date | null
  readonly expiresAt: Date | null
}

export interface TimelineAttempt {
  readonly attempt: number
  /** The dispatch that started it. */
  readonly number: number
  readonly outcome: string
  readonly isCharged: boolean
  readonly workerId: string
  /** Null where nothing is known of the worker any more. */
  readonly host: string | null
  readonly workerVersion: string | null
  readonly startedAt: Date
  readonly endedAt: Date | null
  readonly error: TaskError | null
  readonly progress: TaskProgress | null
  readonly decision: string | null
  readonly note: Readonly<Record<string, unknown>> | null
  /** Of the process that died with it, where one did. */
  readonly evidence: CrashEvidence | null
}

export interface TimelineDeath {
  readonly id: string
  readonly taskId: string | null
  readonly number: number | null
  readonly state: DeadLetterState
  readonly reason: string
  /** The policy's words. */
  readonly decision: string
  readonly fingerprint: string
  readonly error: TaskError
  readonly broker: ExplainedDeath | null
  readonly rawBytes: number | null
  readonly rawContentType: string | null
  readonly diedAt: Date
  readonly openedAt: Date | null
  readonly openedBy: 'recorder' | 'reconcile' | null
  readonly closedAt: Date | null
  readonly closedBy: string | null
  readonly closingReason: string | null
}

export interface TimelineAct {
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly reason: string | null
  readonly deadLetterId: string | null
  readonly details: Readonly<Record<string, unknown>>
}

export interface TimelineFacts {
  /** Null for a foreign message, and for a dead letter whose task is gone. */
  readonly task: TimelineTask | null
  /** In order. */
  readonly attempts: readonly TimelineAttempt[]
  readonly deaths: readonly TimelineDeath[]
  readonly acts: readonly TimelineAct[]
}
