import { recallChunk, runFlow } from '@redrive/shared/protocol'
import type { ApiParts } from '../api-parts.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { performEffect } from '../perform-effect.ts'

/** Some tens of milliseconds; a worker that claims one of them waits as long at most. */
const MAX_CHUNK = 500
/** What is left after this is the dispatcher's: the operator has an answer, and sees in it that the recall goes on. */
const RECALL_FOR_MS = 4_000

/**
 * Takes back what can be taken back while the operator waits: each moment a worker may start another member, and the
 * dispatcher may be away. The wish is in the ledger already, so whatever this leaves is done by the dispatcher.
 */
export async function recallAtOnce(redriveId: string, api: ApiParts): Promise<void> {
  const untilMs = performance.now() + RECALL_FOR_MS
  while (performance.now() < untilMs) {
    const chunk = runFlow(recallChunk({ redriveId, maxChunk: MAX_CHUNK }), (effect) =>
      performEffect(effect, api),
    )
    if (!(await withinDeadline(chunk))) return
  }
}
