import type { AttemptRunner } from './attempt-runner.ts'
import type { Claimer } from './claimer.ts'
import type { HeldTickets } from './held-tickets.ts'
import type { LaneConsumers } from './lane-consumers.ts'
import type { RunningAttempt, RunningAttempts } from './running-attempts.ts'
import type { LoneProcesses } from './lone-processes.ts'
import { within } from './within.ts'
import type { WorkerLease } from './worker-lease.ts'

interface Draining {
  readonly claimer: Claimer
  readonly consumers: LaneConsumers
  readonly held: HeldTickets
  readonly lease: WorkerLease
  readonly processes: LoneProcesses
  readonly running: RunningAttempts
  readonly runner: AttemptRunner
  /** How long the whole process may take to stop. */
  readonly graceMs: number
  /** Aborted here when the time is over. */
  readonly givingUp: AbortController
}

/** What is left of the grace for writing the ends of returned attempts and closing: seconds, where a ledger is slow. */
const RESERVED_MS = 5_000
/** And for closing alone, when the ledger does not answer. */
const CLOSING_MS = 1_500
/** The broker answers a cancellation at once, or is not there. */
const CANCEL_WITHIN_MS = 2_000

/**
 * Takes no new tickets, gives back those without an attempt, lets handlers finish while the grace lasts, and returns
 * the other attempts uncharged. True when the ledger has the end of every attempt that this worker ever claimed.
 *
 * A process that is killed on the way leaves what a crash leaves: unsettled tickets come again, and rescue ends what runs.
 */
export async function drain(draining: Draining): Promise<boolean> {
  const { claimer, consumers, held, lease, processes, running, runner, graceMs, givingUp } = draining
  const startedAtMs = performance.now()
  const leftOf = (ms: number): number => Math.max(0, ms - (performance.now() - startedAtMs))
  lease.drain()
  // Idle only once the claim under way has begun its attempts: they have the grace like any others.
  const idle = claimer.stop().then(() => running.whenIdle())
  processes.slots.close()
  // Cancelled before the tickets go back, or the broker would hand them to this worker again.
  await within(CANCEL_WITHIN_MS, consumers.stop())
  held.close()
  await within(leftOf(Math.max(graceMs - RESERVED_MS, graceMs / 2)), idle)
  for (const attempt of running.all()) returnAttempt(attempt)
  const settled = Promise.all([idle, held.whenEmpty()])
  await within(leftOf(Math.max(graceMs - CLOSING_MS, graceMs * 0.8)), settled)
  const isEverythingSettled = running.size === 0 && !claimer.isUncertain && !runner.isUncertain
  givingUp.abort(new Error('The worker stops.'))
  return isEverythingSettled
}

/** Decided before the signal is aborted, so that what the handler makes of the signal is not taken for a failure. */
function returnAttempt(attempt: RunningAttempt): void {
  if (attempt.isDecided) return
  const reason = 'The worker stops and the attempt did not end in time; another worker makes a new one.'
  attempt.abortedAtMs = performance.now()
  attempt.overrule({ kind: 'returned', reason })
  attempt.abort.abort(new DOMException(reason, 'AbortError'))
}
