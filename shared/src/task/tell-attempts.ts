import { describeTaskError, fullStop } from './explain-attempts.ts'
import { explainEvidence } from './explain-evidence.ts'
import type { TimelineAttempt, TimelineEntry } from './timeline-facts.ts'

/** Each attempt: its start, its end, what followed from it, and what its worker reported too late. */
export function tellAttempts(attempts: readonly TimelineAttempt[]): TimelineEntry[] {
  return attempts.flatMap((attempt, index) => [
    ...leftOut(attempts[index - 1]?.attempt ?? 0, attempt),
    ...tellAttempt(attempt),
  ])
}

/** Attempts are numbered from 1 without a gap, so each gap says how many are not told. */
function leftOut(told: number, { attempt, startedAt }: TimelineAttempt): TimelineEntry[] {
  const count = attempt - told - 1
  if (count <= 0) return []
  const text = `${count === 1 ? 'One attempt' : `${count} attempts`} before this one ${count === 1 ? 'is' : 'are'} left out here.`
  return [{ at: startedAt, kind: 'left_out', text }]
}

function tellAttempt(attempt: TimelineAttempt): TimelineEntry[] {
  return [started(attempt), ...ended(attempt), ...decided(attempt), ...lateOutcome(attempt)]
}

function started(one: TimelineAttempt): TimelineEntry {
  const { attempt, number: dispatch, workerId, host, workerVersion, startedAt } = one
  const where = host === null ? ', of which nothing else is recorded any more' : ` on ${host}`
  const version = workerVersion === null ? '' : `, version ${workerVersion}`
  return {
    at: startedAt,
    kind: 'attempt_started',
    text: `Attempt ${attempt} began on worker ${workerId}${where}${version}.`,
    attempt,
    dispatch,
    workerId,
    ...(host !== null && { host }),
    ...(workerVersion !== null && { workerVersion }),
  }
}

function ended(one: TimelineAttempt): TimelineEntry[] {
  const { attempt, outcome, isCharged, endedAt, error, progress, evidence } = one
  if (endedAt === null) return []
  const durationMs = endedAt.getTime() - one.startedAt.getTime()
  const isMeasured = outcome !== 'lost'
  const text = [
    fullStop(`Attempt ${attempt} ${howItEnded(one, durationMs)}, ${isCharged ? 'charged' : 'not charged'}`),
    ...(error === null ? [] : [fullStop(describeTaskError(error))]),
    ...(progress === null ? [] : [progressAt(progress)]),
    ...(evidence === null ? [] : [explainEvidence(evidence)]),
  ].join(' ')
  return [
    {
      at: endedAt,
      kind: 'attempt_ended',
      text,
      attempt,
      outcome,
      isCharged,
      ...(isMeasured && { durationMs }),
      ...(error !== null && { error }),
      ...(progress !== null && { progress }),
      ...(evidence !== null && { evidence }),
    },
  ]
}

const ENDS: Readonly<Record<string, string>> = {
  cancelled: 'was cancelled',
  failed: 'failed',
  returned: 'was given back',
  run_later: 'asked to run later',
  succeeded: 'succeeded',
  timed_out: 'timed out',
}

function howItEnded({ outcome, evidence }: TimelineAttempt, durationMs: number): string {
  // Nobody saw the moment: the ledger only knows when the loss was noticed.
  if (outcome === 'lost') {
    const when = `noticed ${milliseconds(durationMs)} after it began`
    return evidence === null ? `was lost with its worker, ${when}` : `died with its process, ${when}`
  }
  return `${ENDS[outcome] ?? `ended as ${outcome}`} after ${milliseconds(durationMs)}`
}

function milliseconds(durationMs: number): string {
  return `${durationMs.toLocaleString('en-US')} ms`
}

function progressAt({ done, total, note }: NonNullable<TimelineAttempt['progress']>): string {
  const of = total === undefined ? '' : ` of ${total}`
  return fullStop(`Its progress was ${done}${of}${note === undefined || note === '' ? '' : ` (${note})`}`)
}

function decided({ attempt, endedAt, decision }: TimelineAttempt): TimelineEntry[] {
  if (endedAt === null || decision === null || decision === '') return []
  return [{ at: endedAt, kind: 'decided', text: fullStop(decision), attempt }]
}

/** The note is of the worker's making and its clock's, so each part is used only where it is what it should be. */
function lateOutcome({ attempt, endedAt, note, workerId }: TimelineAttempt): TimelineEntry[] {
  if (note === null || endedAt === null) return []
  const stated = typeof note['at'] === 'string' ? new Date(note['at']) : endedAt
  const at = Number.isNaN(stated.getTime()) ? endedAt : stated
  const outcome = typeof note['outcome'] === 'string' ? (ENDS[note['outcome']] ?? note['outcome']) : 'ended'
  const text = `Worker ${workerId} reported too late that the attempt ${outcome}; this does not count.`
  return [{ at, kind: 'late_outcome', text, attempt, workerId }]
}
