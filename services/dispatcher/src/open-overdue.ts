import { performStatement, type Executor } from '@redrive/shared/database'
import { openOverdue as openInOrder, runFlow } from '@redrive/shared/protocol'
import type { NoteRepair } from './repair-log.ts'

export interface OverdueOptions {
  readonly carriedAfterMs: number
  readonly noteRepair: NoteRepair
}

/** Opens the dead letters whose ticket has not come through the error queue in time: see `openOverdue` of the protocol. */
export async function openOverdue(
  db: Executor,
  { carriedAfterMs, noteRepair }: OverdueOptions,
): Promise<number> {
  return await runFlow(openInOrder(carriedAfterMs), (effect) =>
    effect.do === 'ask' ? performStatement(db, effect) : noteRepair(effect),
  )
}
