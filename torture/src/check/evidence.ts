import { readFileSync } from 'node:fs'
import type { HistoryLine } from '../history.ts'
import type { Known } from '../load/known.ts'
import type { Injection } from '../nemesis.ts'
import type { Stage } from '../stage.ts'

export interface TaskFact {
  readonly id: string
  readonly type: string
  readonly state: string | null
  readonly attempt: number
  readonly chargedAttempts: number
  readonly maxAttempts: number
  /** The operation that submitted it; null for what no client of the torture did. */
  readonly op: string | null
  readonly result: unknown
}

export interface AttemptFact {
  readonly taskId: string
  readonly attempt: number
  readonly outcome: string
  readonly isCharged: boolean
}

export interface DeadLetterFact {
  readonly id: string
  readonly taskId: string | null
  readonly state: string
}

export interface AuditFact {
  readonly action: string
  readonly deadLetterId: string | null
  readonly taskId: string | null
}

/** A line of the handlers' own log. */
export interface RunFact {
  readonly what: 'began' | 'ended' | 'threw'
  readonly taskId: string
  readonly attempt: number
}

export interface QueueFact {
  readonly name: string
  readonly messages: number
  readonly ready: number
  readonly unacknowledged: number
  readonly consumers: number
  /** What the fleet has when it is whole. */
  readonly wantedConsumers: number
}

export interface ProcessFact {
  readonly name: string
  readonly mostMemoryBytes: number
  readonly mostFiles: number
}

/** Everything that the checks look at, collected when all is quiet. */
export interface Evidence {
  readonly known: Known
  readonly history: readonly HistoryLine[]
  readonly tasks: ReadonlyMap<string, TaskFact>
  readonly openIds: ReadonlySet<string>
  readonly attempts: readonly AttemptFact[]
  readonly deadLetters: readonly DeadLetterFact[]
  /** In the order in which it was written. */
  readonly audit: readonly AuditFact[]
  readonly runs: readonly RunFact[]
  readonly queues: readonly QueueFact[]
  readonly processes: readonly ProcessFact[]
  readonly unready: readonly string[]
  readonly injections: readonly Injection[]
}

/** What an invariant found: one line per violation, with the ids that it takes to look into it. */
export interface Invariant {
  readonly id: string
  readonly promise: string
  readonly violations: (evidence: Evidence) => readonly string[]
}

type Collected = Pick<Evidence, 'known' | 'history' | 'processes' | 'unready' | 'queues' | 'injections'>

/** Reads ledger and side log. */
export async function collectEvidence(
  { ledger: { db } }: Stage,
  { sideLog, ...collected }: Collected & { readonly sideLog: string },
): Promise<Evidence> {
  const tasks = await db
    .selectFrom('tasks')
    .select(['id', 'type', 'state', 'attempt', 'charged_attempts', 'max_attempts', 'tags', 'result'])
    .execute()
  const open = await db.selectFrom('open_tasks').select('task_id').execute()
  const attempts = await db
    .selectFrom('attempts')
    .select(['task_id', 'attempt', 'outcome', 'is_charged'])
    .execute()
  const letters = await db.selectFrom('dead_letters').select(['id', 'task_id', 'state']).execute()
  const audit = await db
    .selectFrom('audit_entries')
    .select(['action', 'dead_letter_id', 'task_id'])
    .orderBy('at')
    .orderBy('id')
    .execute()
  return {
    ...collected,
    tasks: new Map(
      tasks.map((row) => [
        row.id,
        {
          ...row,
          chargedAttempts: row.charged_attempts,
          maxAttempts: row.max_attempts,
          op: row.tags[0] ?? null,
        },
      ]),
    ),
    openIds: new Set(open.map(({ task_id }) => task_id)),
    attempts: attempts.map((row) => ({ ...row, taskId: row.task_id, isCharged: row.is_charged })),
    deadLetters: letters.map((row) => ({ ...row, taskId: row.task_id })),
    audit: audit.map((row) => ({
      action: row.action,
      deadLetterId: row.dead_letter_id,
      taskId: row.task_id,
    })),
    runs: readRuns(sideLog),
  }
}

function readRuns(file: string): readonly RunFact[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunFact)
}
