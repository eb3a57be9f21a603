import type { AcceptedTask, NewTask, SubmissionKey } from '../database/index.ts'
import type { PublishOutcome } from '../broker/index.ts'
import type { Lane, Ticket } from '../task/index.ts'
import type { Flow } from './flow.ts'
import {
  ask,
  type Ask,
  emit,
  type Emit,
  type MarkLater,
  type NoteReturned,
  reach,
  type Reach,
  type Send,
} from './ports.ts'

/** A task with the decision whether the api publishes its ticket itself, in the form that the ledger stores. */
export interface ReservedTask extends NewTask {
  readonly lane: Lane
}

export interface Submitted {
  readonly accepted: readonly AcceptedTask[]
  /** The key was used before with the same body; these are the tasks of that time. */
  readonly isReplay: boolean
}

export type SubmitEffect =
  | Ask<'findSubmission'>
  | Ask<'submitTasks'>
  | Ask<'submitTasksWithKey'>
  | Emit
  | Reach
  | Send

/** A new task's ticket is its first dispatch. */
const FIRST_NUMBER = 1

/**
 * Stores tasks, all or none, and then sends the tickets of those that were reserved. Whoever is told of the result is told
 * after the commit. Crash windows: before the commit nothing exists; after it, release publishes what this did not.
 */
export function* submitTasks(tasks: readonly ReservedTask[]): Flow<SubmitEffect, readonly AcceptedTask[]> {
  yield reach('submit.before_commit')
  const accepted = yield* ask('submitTasks', tasks)
  yield* sendAccepted(tasks, accepted)
  return accepted
}

/**
 * The same under an idempotency key, which the same statement stores: a key that was used before, with the same body,
 * gives the tasks of that time, and sends nothing. With another body it is refused.
 */
export function* submitWithKey(
  tasks: readonly ReservedTask[],
  key: SubmissionKey,
): Flow<SubmitEffect, Submitted | 'key_reused'> {
  yield reach('submit.before_commit')
  const stored = yield* ask('submitTasksWithKey', tasks, key)
  const accepted = stored ?? (yield* findFirst(key))
  if (accepted === null) throw new Error('an idempotency key was refused as used and is not there')
  if (accepted === 'key_reused') return accepted
  // A commit whose answer was lost looks like a replay of ourselves, and is none.
  const isReplay = accepted[0]?.id !== tasks[0]?.id
  if (!isReplay) yield* sendAccepted(tasks, accepted)
  return { accepted, isReplay }
}

/** What a key was used for before, or null. */
export function* findFirst(
  key: SubmissionKey,
): Flow<Ask<'findSubmission'>, readonly AcceptedTask[] | 'key_reused' | null> {
  const first = yield* ask('findSubmission', key)
  if (first === null) return null
  return first.bodyHash.equals(key.bodyHash) ? first.tasks : 'key_reused'
}

/** What became of a ticket that was sent. What is returned or unknown is left to release, once its time is over. */
export function* noteOutcome(
  { lane, ticket }: Pick<Send, 'lane' | 'ticket'>,
  outcome: PublishOutcome,
): Flow<Emit | MarkLater | NoteReturned | Reach, void> {
  const { taskId, number } = ticket
  if (outcome === 'confirmed') {
    yield reach('submit.confirmed')
    yield { do: 'markLater', ticket }
  } else if (outcome === 'returned') yield { do: 'noteReturned', lane }
  yield emit(`ticket.${outcome}`, { taskId, lane, number, count: 1 })
}

function* sendAccepted(
  tasks: readonly ReservedTask[],
  accepted: readonly AcceptedTask[],
): Flow<Emit | Reach | Send, void> {
  yield reach('submit.committed')
  yield* reportAccepted(tasks)
  let count = 0
  for (const [index, task] of tasks.entries()) {
    const stored = accepted[index]
    // The database's clock decides whether it is due; by that clock the row was left to release otherwise.
    const isOurs = task.takenForMs !== null && stored?.id === task.id && stored.runAt <= stored.createdAt
    if (!isOurs) continue
    const ticket: Ticket = { taskId: task.id, number: FIRST_NUMBER }
    yield { do: 'send', lane: task.lane, ticket }
    count += 1
  }
  if (count === 0) return
  yield emit('ticket.published', { count })
  yield reach('submit.published')
}

function* reportAccepted(tasks: readonly ReservedTask[]): Flow<Emit, void> {
  const counts = new Map<string, { type: string; lane: string; count: number }>()
  for (const { type, lane } of tasks) {
    const key = `${lane} ${type}`
    const entry = counts.get(key)
    if (entry === undefined) counts.set(key, { type, lane, count: 1 })
    else entry.count += 1
  }
  for (const entry of counts.values()) yield emit('task.accepted', entry)
}
