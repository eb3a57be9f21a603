import type { ClaimedAttempt } from '../database/index.ts'
import type { TaskType } from '../task/index.ts'
import type { TicketInHand } from './ports.ts'

/** A claimed attempt as far as its end needs to know it. */
export interface AttemptAtWork<Held extends TicketInHand> {
  readonly claimed: ClaimedAttempt
  readonly type: Pick<TaskType, 'retry' | 'isolation'>
  readonly held: Held
  /** When this worker knew of its claim, and when its handler began, by `Sources.nowMs`. */
  readonly claimedAtMs: number
  readonly startedAtMs: number
}
