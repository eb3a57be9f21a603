import {
  type AcceptedTask,
  type Executor,
  isDataError,
  performStatement,
  repeatUntilAnswered,
  type SubmissionKey,
} from '@redrive/shared/database'
import {
  findFirst,
  type Flow,
  runFlow,
  type SubmitEffect,
  type Submitted,
  submitTasks,
  submitWithKey,
} from '@redrive/shared/protocol'
import { type Events, MicroBatcher, reachCrashPoint } from '@redrive/shared/runtime'
import { ledgerUnavailable } from '../http/ledger-unavailable.ts'
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
const ALWAYS = (): boolean => true

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
 * What is done in which order, and where the process may stop, is `submitTasks` of the protocol.
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
    const submitting = this.#run(submitWithKey(this.#reserve(tasks), key))
    return refuseReuse(await withinDeadline(submitting, MANY_WITHIN_MS))
  }

  /** What the key was used for before, or null. Throws IDEMPOTENCY_KEY_REUSED when that was another body. */
  async findFirst(key: SubmissionKey): Promise<readonly AcceptedTask[] | null> {
    return refuseReuse(await withinDeadline(this.#run(findFirst(key))))
  }

  async stop(): Promise<void> {
    await this.#singles.stop()
  }

  #reserve(tasks: readonly PlannedTask[]): readonly ReservedTask[] {
    const nowMs = Date.now()
    return tasks.map((task) => this.#options.release.reserve(task, nowMs))
  }

  /**
   * All but those that were given up while they waited for a batch. Once all of a batch are given up it is not tried again:
   * a ledger that comes back is not to be sent what everybody was told has failed.
   */
  async #storeSingles(singles: readonly Single[]): Promise<readonly (AcceptedTask | null)[]> {
    const tasks = singles.map(({ task, isGivenUp }) => (isGivenUp ? null : task))
    const wanted = tasks.filter((task) => task !== null)
    const accepted =
      wanted.length === 0 ? [] : await this.#store(wanted, () => singles.some(({ isGivenUp }) => !isGivenUp))
    const results = accepted.values()
    return tasks.map((task) => (task === null ? null : (results.next().value ?? null)))
  }

  #store(tasks: readonly ReservedTask[], isWanted = ALWAYS): Promise<readonly AcceptedTask[]> {
    return this.#run(submitTasks(tasks), isWanted)
  }

  #run<Result>(flow: Flow<SubmitEffect, Result>, isWanted = ALWAYS): Promise<Result> {
    const { db, release, events } = this.#options
    return runFlow(flow, (effect) => {
      switch (effect.do) {
        case 'ask':
          return repeatUntilAnswered(() => performIfWanted(db, { effect, isWanted }), {
            deadlineMs: REPEAT_MS,
          })
        case 'emit':
          return events.tell(effect.event)
        case 'reach':
          return reachCrashPoint(effect.point)
        case 'send':
          return release.send(effect)
      }
    })
  }
}

function refuseReuse<Found>(found: Found | 'key_reused'): Found {
  if (found !== 'key_reused') return found
  const detail =
    'This Idempotency-Key was used before with a different body; use a new key for a new submission.'
  throw new ProblemError('IDEMPOTENCY_KEY_REUSED', {
    detail,
    errors: [{ path: 'Idempotency-Key', message: 'was used before with a different body' }],
  })
}

interface Wanted {
  readonly effect: Parameters<typeof performStatement>[1]
  readonly isWanted: () => boolean
}

/** Looks once there is a connection: while the ledger is away, the wait for one is longer than any client's patience. */
function performIfWanted(db: Executor, { effect, isWanted }: Wanted): Promise<unknown> {
  return db.connection().execute((connection) => {
    if (!isWanted()) throw ledgerUnavailable()
    return performStatement(connection, effect)
  })
}
