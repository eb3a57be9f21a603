/** In which way a task contradicts the rule that it has ended or has exactly one open row, and a failed one a dead letter. */
export const DIFFERENCE_KINDS = [
  'neither_ended_nor_open',
  'ended_and_open',
  'open_without_a_task',
  'failed_without_a_dead_letter',
  'dead_letter_without_a_failure',
] as const

export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number]

export interface Difference {
  readonly kind: DifferenceKind
  readonly count: number
  /** The first of them. */
  readonly taskIds: readonly string[]
}

export interface EndedCounts {
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  readonly expired: number
}

/** One walk through the whole ledger: each page counted at one moment, the pages one after the other. */
export interface LedgerSweep {
  readonly startedAt: string
  readonly endedAt: string
  readonly accepted: number
  readonly ended: EndedCounts
  readonly open: number
  readonly deadLetters: {
    readonly carried: number
    readonly open: number
    readonly redriven: number
    readonly discarded: number
  }
  readonly differences: readonly Difference[]
}
