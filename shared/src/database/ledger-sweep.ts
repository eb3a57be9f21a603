import type { DifferenceKind } from '../task/index.ts'

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
