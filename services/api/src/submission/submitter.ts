import {
  type AcceptedTask,
  type Executor,
  findSubmission,
  isDataError,
  repeatUntilAnswered,
  type SubmissionKey,
  submitTasks,
  submitTasksWithKey,
} from '@redrive/shared/database'
import { type Events, MicroBatcher, reachCrashPoint } from '@redrive/shared/runtime'
import { withinDeadline } from '../http/within-deadline.ts'
import { ProblemError } from '../problem-error.ts'
import type { DirectRelease, ReservedTask } from './direct-release.ts'
import type { PlannedTask } from './planned-task.ts'

/** Statements of about a hundred rows are the cheapest per row; two at a time keep the database busy while one commits. */
const BATCH = { maxSize: 200, maxInFlight: 2 }
/** A client waits for this; longer outages are answered with 503. */
const REPEAT_MS = 2_000
/** Ten thousand rows take a second, and several requests with as many may come at once. */
const MANY_WITHIN_MS = 12_000

export interface Submitted {
  readonly accepted: readonly AcceptedTask[]
  /** The key was used before with the same body; these are the tasks of that time. */
  readonly isReplay: boolean
}

export interface SubmitterOptions {
  readonly db: Executor
  readonly release: DirectRelease
  readonly events: Events
}

/** One of the tasks that share a statement. */
interface Single {
  readonly task: ReservedTask
  /** Whoever sent it has been told that the ledger does not answer. */
  isGivenUp: boolean
}

/**
 * Stores tasks and hands those that may go at once to direct release. When a method has resolved, its tasks are
 * committed. Single tasks of concurrent requests share one statement.
 *
 * Crash windows: before the commit nothing exists; after it, release publishes whatever this process did not.
 */
export class Submitter {
  readonly #options: SubmitterOptions
  readonly #singles: MicroBatcher<Single, AcceptedTask | null>

  constructor(options: SubmitterOptions) {
    this.#options = options
    this.#singles = new MicroBatcher({
      ...BATCH,
      run: (singles) => this.#storeSingles(singles),
      isItemFault: isDataError,
    })
  }

  async submitOne(task: PlannedTask): Promise<AcceptedTask> {
    const single = { task: this.#options.release.reserve(task, Date.now()), isGivenUp: false }
    try {
      const accepted = await withinDeadline(this.#singles.add(single))
      if (accepted === null) throw new Error('a task that nobody had given up was not stored')
      return accepted
    } catch (error) {
      single.isGivenUp = true
      throw error
    }
  }

  /** All or none. */
  submitMany(tasks: readonly PlannedTask[]): Promise<readonly AcceptedTask[]> {
    return withinDeadline(this.#store(this.#reserve(tasks)), MANY_WITHIN_MS)
  }

  /** The same under an idempotency key. Throws IDEMPOTENCY_KEY_REUSED when it belongs to another body. */
  async submitWithKey(tasks: readonly PlannedTask[], key: SubmissionKey): Promise<Submitted> {
    const reserved = this.#reserve(tasks)
    reachCrashPoint('submit.before_commit')
    return withinDeadline(this.#storeWithKey(reserved, key), MANY_WITHIN_MS)
  }

  /** What the key was used for before, or null. Throws IDEMPOTENCY_KEY_REUSED when that was another body. */
  async findFirst(key: SubmissionKey): Promise<readonly AcceptedTask[] | null> {
    const first = await withinDeadline(this.#repeat(() => findSubmission(this.#options.db, key)))
    if (first === null || first.bodyHash.equals(key.bodyHash)) return first?.tasks ?? null
    const detail =
      'This Idempotency-Key was used before with a different body; use a new key for a new submission.'
    throw new ProblemError('IDEMPOTENCY_KEY_REUSED', {
      detail,
      errors: [{ path: 'Idempotency-Key', message: 'was used before with a different body' }],
    })
  }

  async stop(): Promise<void> {
    await this.#singles.stop()
  }

  #reserve(tasks: readonly PlannedTask[]): readonly ReservedTask[] {
    const nowMs = Date.now()
    return tasks.map((task) => this.#options.release.reserve(task, nowMs))
  }

  /** All but those that were given up while they waited for a batch. */
  async #storeSingles(singles: readonly Single[]): Promise<readonly (AcceptedTask | null)[]> {
    const tasks = singles.map(({ task, isGivenUp }) => (isGivenUp ? null : task))
    const wanted = tasks.filter((task) => task !== null)
    const accepted = wanted.length === 0 ? [] : await this.#store(wanted)
    const results = accepted.values()
    return tasks.map((task) => (task === null ? null : (results.next().value ?? null)))
  }

  async #storeWithKey(reserved: readonly ReservedTask[], key: SubmissionKey): Promise<Submitted> {
    const stored = await this.#repeat(() => submitTasksWithKey(this.#options.db, reserved, key))
    const accepted = stored ?? (await this.findFirst(key))
    if (accepted === null) throw new Error('an idempotency key was refused as used and is not there')
    // A commit whose answer was lost looks like a replay of ourselves, and is none.
    const isReplay = accepted[0]?.id !== reserved[0]?.id
    if (!isReplay) this.#publish(reserved, accepted)
    return { accepted, isReplay }
  }

  async #store(tasks: readonly ReservedTask[]): Promise<readonly AcceptedTask[]> {
    reachCrashPoint('submit.before_commit')
    const accepted = await this.#repeat(() => submitTasks(this.#options.db, tasks))
    this.#publish(tasks, accepted)
    return accepted
  }

  #publish(tasks: readonly ReservedTask[], accepted: readonly AcceptedTask[]): void {
    reachCrashPoint('submit.committed')
    this.#report(tasks)
    this.#options.release.publish(tasks, accepted)
  }

  #repeat<T>(statement: () => Promise<T>): Promise<T> {
    return repeatUntilAnswered(statement, { deadlineMs: REPEAT_MS })
  }

  #report(tasks: readonly ReservedTask[]): void {
    const counts = new Map<string, { type: string; lane: string; count: number }>()
    for (const { type, lane } of tasks) {
      const key = `${lane} ${type}`
      const entry = counts.get(key)
      if (entry === undefined) counts.set(key, { type, lane, count: 1 })
      else entry.count += 1
    }
    for (const entry of counts.values()) this.#options.events.emit('task.accepted', entry)
  }
}
