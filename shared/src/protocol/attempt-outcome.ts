import type { CrashEvidence, FailureKind, TaskError } from '../task/index.ts'

/** How an attempt came to its end, before the ledger was asked whether it was still this worker's. */
export type AttemptOutcome =
  /** The result as JSON text. */
  | { readonly kind: 'succeeded'; readonly result: string }
  | {
      readonly kind: 'failed'
      readonly failure: FailureKind
      readonly error: TaskError
      /** The delay that a `RetryAfter` asked for. */
      readonly askedDelayMs?: number
      readonly isAskedLeast?: boolean
      /** Of its own process, where it had one that did not end by itself. */
      readonly evidence?: CrashEvidence
      /** The handler did not even begin, so its task stays suspected where it was. */
      readonly isUntried?: boolean
    }
  /** The process that ran it alone died with it, or had to be killed. */
  | { readonly kind: 'crashed'; readonly error: TaskError; readonly evidence: CrashEvidence }
  /** The handler is done, but what it returned cannot be kept; another attempt would return the like. */
  | { readonly kind: 'unusable_result'; readonly error: TaskError }
  /** The handler asked to run later. */
  | { readonly kind: 'run_later'; readonly delayMs: number; readonly reason: string }
  /** Given back because the worker stops. */
  | { readonly kind: 'returned'; readonly reason: string }
  /** Taken away, and the handler did not stop when it was told. */
  | { readonly kind: 'abandoned' }
