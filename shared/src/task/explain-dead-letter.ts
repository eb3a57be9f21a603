import type { CrashEvidence } from './crash-evidence.ts'
import { describeTaskError, type ExplainedAttempt, explainAttempts, fullStop } from './explain-attempts.ts'
import { explainEvidence } from './explain-evidence.ts'
import type { DeadLetterState } from './judge-ticket.ts'
import type { TaskError } from './task-error.ts'

/** What the broker wrote on the message; each part may be missing. */
export interface ExplainedDeath {
  readonly queue?: unknown
  readonly reason?: unknown
  readonly time?: unknown
  readonly count?: unknown
}

export interface ExplainedDeadLetter {
  /** Null for a foreign message. */
  readonly taskId: string | null
  readonly type: string | null
  readonly lane: string | null
  readonly state: DeadLetterState
  readonly reason: string
  readonly decision: string
  readonly error: TaskError
  readonly diedAt: Date
  readonly openedBy: 'recorder' | 'reconcile' | null
  readonly broker: ExplainedDeath | null
  /** What was seen of the process that died with the last attempt. */
  readonly evidence?: CrashEvidence | null
  readonly closedAt: Date | null
  readonly closedBy: string | null
  readonly closingReason: string | null
  /** Null where they are not at hand, as in a list. */
  readonly attempts: readonly ExplainedAttempt[] | null
}

/** Why a dead letter is there, what the broker said of it, and what became of it, as a paragraph for a person. Pure. */
export function explainDeadLetter(letter: ExplainedDeadLetter): string {
  const story = letter.taskId === null ? foreignStory(letter) : taskStory(letter, letter.taskId)
  return [...story, describeBrokerEvidence(letter), STATES[letter.state](letter)]
    .filter((sentence) => sentence !== '')
    .join(' ')
}

function taskStory(letter: ExplainedDeadLetter, taskId: string): string[] {
  const of = letter.type === null ? '' : ` of type ${letter.type}`
  const lane = letter.lane === null ? '' : ` in the lane "${letter.lane}"`
  return [
    `Task ${taskId}${of}${lane} failed for good at ${letter.diedAt.toISOString()} ${describeReason(letter.reason)}.`,
    letter.attempts === null ? '' : explainAttempts(letter.attempts),
    fullStop(`The last error was ${describeTaskError(letter.error)}`),
    explainEvidence(letter.evidence),
    letter.decision === '' ? '' : fullStop(letter.decision),
  ]
}

/** Why a task failed for good, as a clause. */
export function describeReason(reason: string): string {
  return REASONS[reason] ?? `for the reason "${reason}"`
}

const REASONS: Readonly<Record<string, string>> = {
  attempts_exhausted: 'because its last allowed attempt failed',
  crashed: 'because the processes that ran it died',
  deadline_passed: 'because its deadline left no time for another attempt',
  invalid_input: 'because its input does not fit its task type',
  max_age_reached: 'because its retry policy plans no attempt that long after the beginning of its life',
  no_handler: 'because no worker with its task type appeared in time',
  permanent_error: 'because its handler declared the error permanent',
  timed_out: 'because its last allowed attempt took too long',
}

function foreignStory(letter: ExplainedDeadLetter): string[] {
  const why = FOREIGN[letter.reason] ?? `it was kept for the reason "${letter.reason}"`
  return [
    `A message that belongs to no task came through the error queue at ${letter.diedAt.toISOString()}: ${why}.`,
    fullStop(letter.error.message),
    letter.decision === '' || letter.decision === letter.error.message ? '' : fullStop(letter.decision),
  ]
}

const FOREIGN: Readonly<Record<string, string>> = {
  not_a_ticket: 'it is JSON, but not one of Redrive’s tickets',
  not_json: 'it is not JSON, so not one of Redrive’s tickets',
  unknown_task: 'it looks like a ticket, but the ledger has no such task',
}

/** What the broker says of a death, in a sentence; nothing where it has not said anything yet. */
export function describeBrokerEvidence({
  broker,
  openedBy,
  state,
}: Pick<ExplainedDeadLetter, 'broker' | 'openedBy' | 'state'>): string {
  if (broker === null) {
    if (openedBy !== 'reconcile') return ''
    return 'RabbitMQ never delivered its ticket through the error queue, so reconcile opened it from the ledger alone.'
  }
  if (typeof broker.queue !== 'string') {
    return state === 'carried'
      ? ''
      : 'RabbitMQ says nothing of a queue that it died in: it was published straight to the error queue, or to its exchange.'
  }
  const reason =
    typeof broker.reason === 'string' ? (DEATHS[broker.reason] ?? broker.reason) : 'dead-lettered'
  const time = typeof broker.time === 'string' ? ` at ${broker.time}` : ''
  const times = typeof broker.count === 'number' && broker.count > 1 ? `, ${broker.count} times` : ''
  return `RabbitMQ says that it was ${reason} in the queue ${broker.queue}${time}${times}.`
}

const DEATHS: Readonly<Record<string, string>> = {
  delivery_limit: 'delivered too often without an acknowledgement',
  expired: 'there for too long and expired',
  maxlen: 'dropped because the queue was full',
  rejected: 'rejected by its consumer',
}

const STATES: Readonly<Record<DeadLetterState, (letter: ExplainedDeadLetter) => string>> = {
  carried: () => 'It is on its way through the error queue and opens by itself.',
  open: ({ taskId, lane }) =>
    taskId === null
      ? foreignChoice(lane)
      : 'It is open: it can be redriven, with an edited input if need be, or discarded.',
  redriven: (letter) => closed(letter, 'sent back for a new life'),
  discarded: (letter) => closed(letter, 'discarded'),
}

/** A foreign message has a lane exactly when it died in the queue of one, and only there it can be sent back. */
function foreignChoice(lane: string | null): string {
  return lane === null
    ? 'It is open: it did not die in a lane, so it can be read and discarded, and not be sent back.'
    : 'It is open: it can be sent back to the queue where it died, or discarded.'
}

function closed({ closedAt, closedBy, closingReason }: ExplainedDeadLetter, what: string): string {
  const by = closedBy === null ? '' : ` by ${closedBy}`
  const when = closedAt === null ? '' : ` at ${closedAt.toISOString()}`
  const why = closingReason === null || closingReason === '' ? '' : ` ("${closingReason}")`
  return `It was ${what}${by}${when}${why}.`
}
