import { LANES, TASK_STATES } from '../task/index.ts'

/** What a field's value may be. `from` and `before` are the two bounds of the times of another field. */
export type FieldKind = 'words' | 'ids' | 'numbers' | 'times' | 'from' | 'before' | 'boolean' | 'text'

export interface FilterField {
  readonly kind: FieldKind
  /** The only words that it can have. */
  readonly words?: readonly string[]
  /** The field whose condition it is part of, where that is another. */
  readonly into?: string
  readonly meaning: string
  readonly example: string
}

export type FilterLanguage = Readonly<Record<string, FilterField>>

const LETTER_STATES = ['carried', 'open', 'redriven', 'discarded']

// In alphabetical order. n.b. The tables of the documentation and the parameters of the lists are made from these.

/** The fields of dead letters; beside them any `input.<path>`. */
export const DEAD_LETTER_FIELDS = {
  attempts: { kind: 'numbers', meaning: 'Attempts that were charged up to the death.', example: '>=3' },
  diedAfter: {
    kind: 'from',
    into: 'diedAt',
    meaning: 'The same as `diedAt=>=…`.',
    example: '2026-11-01T00:00:00Z',
  },
  diedAt: { kind: 'times', meaning: 'When it died.', example: '2026-11-01..2026-11-02' },
  diedBefore: { kind: 'before', into: 'diedAt', meaning: 'The same as `diedAt=<…`.', example: '-7d' },
  fingerprint: { kind: 'words', meaning: 'Which fault: its group.', example: '4f1c0a9be2d7' },
  foreign: {
    kind: 'boolean',
    meaning: 'Only, or none of, the messages that belong to no task.',
    example: 'false',
  },
  lane: { kind: 'words', words: LANES, meaning: 'The lane of its task.', example: 'high' },
  reason: { kind: 'words', meaning: 'Why the task was given up.', example: 'attempts_exhausted,crashed' },
  state: { kind: 'words', words: LETTER_STATES, meaning: 'What became of it.', example: 'carried,open' },
  tag: { kind: 'words', meaning: 'A tag of its task.', example: 'invoices' },
  taskId: { kind: 'ids', meaning: 'Its task.', example: '019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11' },
  tenant: { kind: 'words', meaning: 'The name of its tenant.', example: 'default' },
  text: {
    kind: 'text',
    meaning: 'Words of the error: its class, message, code and causes.',
    example: '"card refused" -timeout',
  },
  type: { kind: 'words', meaning: 'The type of its task.', example: 'mail.send,mail.retry' },
  user: { kind: 'words', meaning: 'On whose behalf its task was submitted.', example: 'ada' },
  workerVersion: { kind: 'words', meaning: 'The version of the last worker that tried.', example: '!1.4.2' },
} as const satisfies FilterLanguage

/** The fields of tasks; beside them any `input.<path>`. */
export const TASK_FIELDS = {
  attempts: { kind: 'numbers', meaning: 'Attempts that were charged so far.', example: '>=3' },
  createdAfter: {
    kind: 'from',
    into: 'createdAt',
    meaning: 'The same as `createdAt=>=…`.',
    example: '-24h',
  },
  createdAt: { kind: 'times', meaning: 'When it was accepted.', example: '>=-24h' },
  createdBefore: {
    kind: 'before',
    into: 'createdAt',
    meaning: 'The same as `createdAt=<…`.',
    example: '2026-11-02T00:00:00Z',
  },
  lane: { kind: 'words', words: LANES, meaning: 'Its lane.', example: 'high' },
  state: { kind: 'words', words: TASK_STATES, meaning: 'Its state.', example: 'failed,expired' },
  tag: { kind: 'words', meaning: 'A tag of it.', example: 'invoices' },
  tenant: { kind: 'words', meaning: 'The name of its tenant.', example: 'default' },
  text: {
    kind: 'text',
    meaning:
      'Words of its error: the class, message, code and causes. Only with a `createdAt` from a time on.',
    example: '"card refused" -timeout',
  },
  type: { kind: 'words', meaning: 'Its type.', example: 'mail.send' },
  user: { kind: 'words', meaning: 'On whose behalf it was submitted.', example: 'ada' },
} as const satisfies FilterLanguage
