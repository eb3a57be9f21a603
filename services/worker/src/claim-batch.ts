import { randomUUID } from 'node:crypto'
import { type ClaimedAttempt, claimTickets } from '@redrive/shared/database'
import { reachCrashPoint } from '@redrive/shared/runtime'
import type { HeldTicket } from './held-tickets.ts'
import { askLedger, type WorkerContext } from './worker-context.ts'

export interface ClaimedBatch {
  readonly claimed: readonly { readonly attempt: ClaimedAttempt; readonly held: HeldTicket }[]
  readonly unclaimed: readonly HeldTicket[]
}

/**
 * Asks the ledger for the attempts of these tickets, which are of distinct tasks, in one statement.
 *
 * The tokens are made before, so that a claim whose answer was lost is sent again unchanged and gets the same attempts.
 * Crash windows: before the commit nothing has happened to the tasks; after it, rescue finds attempts whose worker is
 * gone. When the worker gives up before the ledger answers, whether the tasks are claimed is unknown, and this throws.
 */
export async function claimBatch(
  context: WorkerContext,
  tickets: readonly HeldTicket[],
): Promise<ClaimedBatch> {
  const { workerId, database, types, events } = context
  const claim = {
    workerId,
    types: [...types.keys()],
    tickets: tickets.map(({ ticket }) => ({ ...ticket, token: randomUUID() })),
  }
  const startedAtMs = performance.now()
  reachCrashPoint('claim.received')
  const attempts = await askLedger(context, () => claimTickets(database.db, claim))
  reachCrashPoint('claim.committed')
  const durationMs = Math.round(performance.now() - startedAtMs)
  events.emit('tickets.claimed', { asked: tickets.length, claimed: attempts.length, durationMs })
  return pairUp(attempts, tickets)
}

function pairUp(attempts: readonly ClaimedAttempt[], tickets: readonly HeldTicket[]): ClaimedBatch {
  const unclaimed = new Map(tickets.map((held) => [held.ticket.taskId, held]))
  const claimed: { attempt: ClaimedAttempt; held: HeldTicket }[] = []
  for (const attempt of attempts) {
    const held = unclaimed.get(attempt.taskId)
    if (held === undefined) continue
    unclaimed.delete(attempt.taskId)
    claimed.push({ attempt, held })
  }
  return { claimed, unclaimed: [...unclaimed.values()] }
}
