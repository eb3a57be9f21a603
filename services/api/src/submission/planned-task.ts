import type { NewTask } from '@redrive/shared/database'
import type { Lane } from '@redrive/shared/task'

/** A task that passed every check and is ready to be stored. */
export interface PlannedTask extends Omit<NewTask, 'takenForMs'> {
  readonly lane: Lane
  /** The input as it was sent, for the answer. */
  readonly sentInput: unknown
}
