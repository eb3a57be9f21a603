import type { ClaimedAttempt } from '@redrive/shared/database'
import type { AttemptOutcome } from '@redrive/shared/protocol'
import type { HandlerSettings } from './load-handlers.ts'

/** What the process of one attempt has to know of it. */
export type LoneAttempt = Pick<ClaimedAttempt, 'taskId' | 'type' | 'attempt' | 'input'>

/** What a worker tells the process that runs one attempt alone. */
export type AttemptOrder =
  | {
      readonly kind: 'run'
      readonly claimed: LoneAttempt
      readonly timeoutMs: number
      /** What its task types are made from, as in the worker. */
      readonly handlers: HandlerSettings
      readonly logLevel: string
    }
  | {
      readonly kind: 'abort'
      readonly because: 'timed_out' | 'taken_away' | null
      readonly reason: { readonly name: string; readonly message: string }
    }

/** What that process tells its worker. */
export type AttemptNews =
  /** The task types are loaded, and the handler begins. */
  | { readonly kind: 'began'; readonly memoryPeakBytes: number }
  | { readonly kind: 'progress'; readonly progress: unknown }
  | { readonly kind: 'answered'; readonly outcome: AttemptOutcome }
