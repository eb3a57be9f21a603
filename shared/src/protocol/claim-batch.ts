import type { ClaimedAttempt } from '../database/index.ts'
import type { Flow } from './flow.ts'
import {
  ask,
  type Ask,
  type Begin,
  emit,
  type Emit,
  type Judge,
  type Reach,
  reach,
  type Sources,
  type TicketInHand,
} from './ports.ts'

export interface Claiming {
  readonly workerId: string
  /** The names of the types that the worker has. */
  readonly types: readonly string[]
  readonly sources: Pick<Sources, 'newToken' | 'nowMs'>
}

/**
 * Claims the attempts of these tickets, which are of distinct tasks, in one statement; begins those that it got, and has
 * the rest judged.
 *
 * The tokens are made before, so that a claim whose answer was lost is sent again unchanged and gets the same attempts.
 * Crash windows: before the commit nothing has happened to the tasks; after it, rescue finds attempts whose worker is
 * gone. When the worker gives up before the ledger answers, whether the tasks are claimed is unknown, and this throws.
 */
export function* claimBatch<Held extends TicketInHand>(
  tickets: readonly Held[],
  { workerId, types, sources }: Claiming,
): Flow<Ask<'claimTickets'> | Begin<Held> | Emit | Judge<Held> | Reach, void> {
  const wanted = tickets.map(({ ticket }) => ({ ...ticket, token: sources.newToken() }))
  const startedAtMs = sources.nowMs()
  yield reach('claim.received')
  const attempts = yield* ask('claimTickets', { workerId, types, tickets: wanted })
  yield reach('claim.committed')
  const durationMs = Math.round(sources.nowMs() - startedAtMs)
  yield emit('tickets.claimed', { asked: tickets.length, claimed: attempts.length, durationMs })
  const unclaimed = new Map(tickets.map((held) => [held.ticket.taskId, held]))
  for (const { attempt, held } of pairUp(attempts, unclaimed)) yield { do: 'begin', attempt, held }
  if (unclaimed.size > 0) yield { do: 'judge', tickets: [...unclaimed.values()] }
}

/** Takes the claimed ones out of `unclaimed`. */
function pairUp<Held extends TicketInHand>(
  attempts: readonly ClaimedAttempt[],
  unclaimed: Map<string, Held>,
): readonly { readonly attempt: ClaimedAttempt; readonly held: Held }[] {
  const claimed: { attempt: ClaimedAttempt; held: Held }[] = []
  for (const attempt of attempts) {
    const held = unclaimed.get(attempt.taskId)
    if (held === undefined) continue
    unclaimed.delete(attempt.taskId)
    claimed.push({ attempt, held })
  }
  return claimed
}
