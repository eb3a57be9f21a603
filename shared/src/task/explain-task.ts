import {
  describeTaskError,
  type ExplainedAttempt,
  explainAttempts,
  fullStop,
  workerName,
} from './explain-attempts.ts'
import type { DeadLetterState } from './judge-ticket.ts'
import type { TaskError } from './task-error.ts'
import { hasEnded, type TaskState } from './task-state.ts'

export interface ExplainedAction {
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly reason: string | null
}

export interface ExplainedTask {
  readonly type: string
  readonly lane: string
  readonly state: TaskState
  readonly attempt: number
  readonly maxAttempts: number
  readonly chargedAttempts: number
  readonly createdAt: Date
  readonly runAt: Date
  readonly finishedAt: Date | null
  /** By when an attempt has to have begun. */
  readonly expiresAt: Date | null
  readonly error: TaskError | null
  /** Why it was last given back without an attempt. */
  readonly returnReason: string | null
  readonly losses: number | null
  readonly attempts: readonly (ExplainedAttempt & { readonly decision: string | null })[]
  readonly deadLetters: readonly { readonly state: DeadLetterState; readonly diedAt: Date }[]
  readonly history: readonly ExplainedAction[]
}

/** What happened to a task and what follows, as a paragraph for a person. Pure. */
export function explainTask(task: ExplainedTask): string {
  const sentences = [
    `The task of type ${task.type} was accepted at ${task.createdAt.toISOString()} for the lane "${task.lane}".`,
    ...(task.attempts.length > 0 ? [explainAttempts(task.attempts)] : []),
    ...lastError(task),
    STATES[task.state](task),
    ...deadline(task),
    ...returned(task),
    ...acts(task),
  ]
  return sentences.join(' ')
}

const STATES: Readonly<Record<TaskState, (task: ExplainedTask) => string>> = {
  scheduled: ({ runAt }) => `It is scheduled: it is due at ${runAt.toISOString()} and has not run yet.`,
  waiting: ({ runAt }) =>
    `It is waiting: it has been due since ${runAt.toISOString()}, and its ticket goes to RabbitMQ when its turn comes.`,
  queued: ({ lane }) =>
    `It is queued: its ticket is with RabbitMQ, and the next free worker of the lane "${lane}" takes it.`,
  running: ({ attempt, attempts }) => {
    const running = attempts.find((one) => one.outcome === 'running')
    return `It is running: attempt ${attempt}${running === undefined ? '' : `, on ${workerName(running)}`}.`
  },
  retrying: explainRetrying,
  succeeded: ({ attempt, finishedAt }) => `It succeeded with attempt ${attempt}${at(finishedAt)}.`,
  failed: (task) => `It failed for good${at(task.finishedAt)}. ${whyFailed(task)}`,
  cancelled: ({ finishedAt }) => `It was cancelled${at(finishedAt)} and will not run.`,
  expired: explainExpiry,
}

function explainRetrying({ attempts, runAt, chargedAttempts, maxAttempts }: ExplainedTask): string {
  const due = `It is retrying: the next attempt is due at ${runAt.toISOString()}`
  const last = attempts.at(-1)
  const isDecided = last !== undefined && (last.outcome === 'failed' || last.outcome === 'timed_out')
  const used = `${chargedAttempts} of ${maxAttempts} attempts are used`
  return isDecided && last.decision !== null ? `${due}. ${last.decision}` : `${due}; ${used}.`
}

/** An attempt that was given back or lost has begun and did not decide anything, so it counts as the others do. */
function explainExpiry({ attempt, expiresAt, finishedAt }: ExplainedTask): string {
  const waited = attempt === 0 ? 'before it could run' : `while it waited for attempt ${attempt + 1}`
  const passed = expiresAt === null ? '' : `: its deadline ${expiresAt.toISOString()} passed ${waited}`
  return `It expired${at(finishedAt)}${passed || ` ${waited}`}, and it will not run.`
}

/** What its deadline still means for a task that has not ended. */
function deadline({ state, expiresAt }: ExplainedTask): string[] {
  if (expiresAt === null || hasEnded(state)) return []
  const by = expiresAt.toISOString()
  if (state === 'running') return [`Its deadline is ${by}: if this attempt fails, another must begin before.`]
  return [`It expires unless an attempt begins before ${by}.`]
}

function lastError({ attempts, error }: ExplainedTask): string[] {
  const last = error ?? attempts.findLast((one) => one.error !== null)?.error ?? null
  return last === null ? [] : [fullStop(`The last error was ${describeTaskError(last)}`)]
}

function whyFailed({ attempts, deadLetters }: ExplainedTask): string {
  const decision = attempts.findLast((one) => one.decision !== null)?.decision ?? ''
  const latest = deadLetters.toSorted((one, other) => one.diedAt.getTime() - other.diedAt.getTime()).at(-1)
  const card = latest === undefined ? '' : DEAD_LETTERS[latest.state]
  return `${decision} ${card}`.trim()
}

const DEAD_LETTERS: Readonly<Record<DeadLetterState, string>> = {
  carried: 'Its dead letter is on its way through the error queue.',
  open: 'Its dead letter is open and can be redriven or discarded.',
  redriven: 'Its dead letter was redriven.',
  discarded: 'Its dead letter was discarded.',
}

function returned({ returnReason, losses }: ExplainedTask): string[] {
  return [
    ...(returnReason === null ? [] : [fullStop(`It was last given back without charge: ${returnReason}`)]),
    ...(losses === null || losses === 0
      ? []
      : [`${losses === 1 ? 'One worker' : `${losses} workers`} died while running it.`]),
  ]
}

/** A paragraph has room for the latest; the timeline tells them all. */
const MAX_ACTS_TOLD = 10

function acts({ history }: ExplainedTask): string[] {
  // Who looked at it changed nothing.
  const changes = history.filter(({ action }) => action !== 'input.revealed')
  const earlier = changes.length - MAX_ACTS_TOLD
  return [
    ...(earlier > 0 ? [`Of what was done to it, ${earlier} earlier acts stand in its timeline.`] : []),
    ...changes.slice(-MAX_ACTS_TOLD).map(describeAction),
  ]
}

const ACTIONS: Readonly<Record<string, string>> = {
  'dead_letter.discarded': 'discarded its dead letter',
  'dead_letter.recalled': 'took the redrive back',
  'dead_letter.redriven': 'redrove it',
  'dead_letter.restored': 'opened its discarded dead letter again',
  'task.cancelled': 'cancelled it',
}

function describeAction({ at: when, actor, action, reason }: ExplainedAction): string {
  const why = reason === null || reason === '' ? '' : ` ("${reason}")`
  return `${actor} ${ACTIONS[action] ?? `did ${action}`} at ${when.toISOString()}${why}.`
}

function at(instant: Date | null): string {
  return instant === null ? '' : ` at ${instant.toISOString()}`
}
