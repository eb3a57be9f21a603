import type { Events } from '@redrive/shared/runtime'
import type { TaskError } from '@redrive/shared/task'
import type { HeldTickets } from './held-tickets.ts'
import type { RunningAttempt, RunningAttempts } from './running-attempts.ts'

/** RabbitMQ takes a delivery back after 30 minutes and looks once a minute. */
const LONGEST_HOLD_MS = 20 * 60_000

/** How exactly timeouts are kept. */
const SWEEP_MS = 100

interface Swept {
  readonly running: RunningAttempts
  /** What a handler has after its signal was aborted, to clean up and throw. */
  readonly abortGraceMs: number
  readonly held: HeldTickets
  readonly events: Events
}

/** Sweeps ten times a second; the returned function ends that. */
export function startSweep({ held, ...swept }: Swept): () => void {
  const timer = setInterval(() => {
    sweepAttempts({ ...swept, nowMs: performance.now() })
    settleLongHeld(held, Date.now())
  }, SWEEP_MS)
  return () => clearInterval(timer)
}

interface Sweep extends Omit<Swept, 'held'> {
  /** On the clock of `performance.now()`. */
  readonly nowMs: number
}

/**
 * One look at every running attempt, in place of timers for each: those past their timeout are told to stop, and those
 * that were told and went on past the grace are decided without their handler, so that their slot is free again.
 */
export function sweepAttempts({ running, abortGraceMs, events, nowMs }: Sweep): void {
  for (const attempt of running.all()) {
    if (attempt.isDecided || attempt.isWaiting) continue
    if (attempt.abortedBecause === null) abortWhenLate(attempt, events, nowMs)
    else if (nowMs - attempt.abortedAtMs >= abortGraceMs) overruleHandler(attempt, abortGraceMs)
  }
}

/**
 * Settles tickets that were held so long that the broker would take them back, and with them their whole channel. The
 * ticket of a running attempt is acknowledged and the attempt goes on under the worker's lease: should it fail, there
 * is no ticket to reject, and reconcile opens its dead letter. One that still waits for a slot goes back to its queue.
 * @param nowMs on the clock of `Date.now()`
 */
export function settleLongHeld(held: HeldTickets, nowMs: number): void {
  for (const ticket of held.all()) {
    if (nowMs - ticket.delivery.receivedAtMs < LONGEST_HOLD_MS) continue
    if (held.isUnclaimed(ticket)) held.settle(ticket, 'giveBack')
    else ticket.delivery.ack()
  }
}

export function describeTimeout({ timeoutMs }: Pick<RunningAttempt, 'timeoutMs'>): TaskError {
  return { type: 'TimeoutError', message: `The attempt ran longer than its timeout of ${timeoutMs} ms.` }
}

/** Tells a handler to stop, and notes why, once. */
export function abortAttempt(
  attempt: RunningAttempt,
  because: 'timed_out' | 'taken_away',
  reason: Error,
): void {
  if (attempt.isDecided || attempt.abortedBecause !== null) return
  attempt.abortedBecause = because
  attempt.abortedAtMs = performance.now()
  attempt.abort.abort(reason)
}

function abortWhenLate(attempt: RunningAttempt, events: Events, nowMs: number): void {
  const { timeoutMs, startedAtMs, claimed } = attempt
  if (nowMs - startedAtMs < timeoutMs) return
  const { message } = describeTimeout(attempt)
  abortAttempt(attempt, 'timed_out', new DOMException(message, 'TimeoutError'))
  const { taskId, type, attempt: number, lane } = claimed
  events.emit('attempt.timed_out', { taskId, type, attempt: number, lane, timeoutMs })
}

function overruleHandler(attempt: RunningAttempt, abortGraceMs: number): void {
  if (attempt.abortedBecause === 'taken_away') return attempt.overrule({ kind: 'abandoned' })
  const { type, message } = describeTimeout(attempt)
  const error = {
    type,
    message: `${message} The handler did not stop within ${abortGraceMs} ms of its signal.`,
  }
  attempt.overrule({ kind: 'failed', failure: 'timed_out', error })
}
