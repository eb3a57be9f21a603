import type { TaskError } from './task-error.ts'

export interface ExplainedAttempt {
  readonly attempt: number
  readonly outcome: string
  readonly isCharged: boolean
  readonly workerId: string
  readonly host: string | null
  readonly error: TaskError | null
}

const MAX_WORKERS_NAMED = 3
const MAX_MESSAGE = 300

/** How many attempts there were, on which workers, and how they ended: one sentence, or two. */
export function explainAttempts(attempts: readonly ExplainedAttempt[]): string {
  if (attempts.length === 0) return 'No attempt was made.'
  const uncharged = attempts.filter((one) => !one.isCharged && one.outcome !== 'running').length
  const counted = attempts.length === 1 ? 'One attempt was made' : `${attempts.length} attempts were made`
  const spared = uncharged === 0 ? '' : `, ${uncharged} of them without charge`
  return `${counted}, ${onWorkers(attempts)}${spared}: ${countOutcomes(attempts)}.`
}

/** An error in one line, with its code and what caused it. */
export function describeTaskError({ type, message, code, cause }: TaskError): string {
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message
  const withCode = code === undefined ? type : `${type} (${code})`
  const because =
    cause === undefined ? '' : `, caused by ${cause.type}: ${cause.message.slice(0, MAX_MESSAGE)}`
  return `${withCode}: ${text}${because}`
}

/** Ends a sentence that was put together from parts, once. */
export function fullStop(sentence: string): string {
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`
}

function onWorkers(attempts: readonly ExplainedAttempt[]): string {
  const names = [...new Set(attempts.map(workerName))]
  if (names.length === 1) return `on ${names[0]}`
  const shown = names.slice(0, MAX_WORKERS_NAMED).join(', ')
  const rest = names.length - MAX_WORKERS_NAMED
  return `on ${names.length} workers (${shown}${rest > 0 ? ` and ${rest} more` : ''})`
}

export function workerName({ host, workerId }: Pick<ExplainedAttempt, 'host' | 'workerId'>): string {
  return host === null ? `worker ${workerId}` : `worker ${workerId} on ${host}`
}

const OUTCOMES: Readonly<Record<string, string>> = {
  cancelled: 'cancelled',
  failed: 'failed',
  lost: 'lost with its worker',
  returned: 'given back',
  run_later: 'asked to run later',
  running: 'running',
  succeeded: 'succeeded',
  timed_out: 'timed out',
}

function countOutcomes(attempts: readonly ExplainedAttempt[]): string {
  const counts = new Map<string, number>()
  for (const { outcome } of attempts) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const words = [...counts].map(([outcome, count]) => {
    const word = OUTCOMES[outcome] ?? outcome
    return attempts.length === 1
      ? `it ${outcome === 'running' ? 'is running' : verb(word)}`
      : `${count} ${word}`
  })
  return words.join(', ')
}

/** "it was lost", but "it failed". */
function verb(word: string): string {
  return /^(lost|given|cancelled)/.test(word) ? `was ${word}` : word
}
