import { setTimeout as delay } from 'node:timers/promises'
import {
  type ClaimedAttempt,
  classifyDatabaseError,
  type Executor,
  type Failure,
  findFinishedTokens,
  finishFailed,
  finishSucceeded,
  type Rescheduling,
  rescheduleAttempts,
  type Success,
} from '@redrive/shared/database'
import { type CrashPoint, MicroBatcher, reachCrashPoint } from '@redrive/shared/runtime'
import { askLedger, type WorkerContext } from './worker-context.ts'

/** What became of the wish to end an attempt: it has ended so, or it was no longer this worker's to end. */
export type FinishAnswer = 'ended' | 'taken_away'

/** An attempt's end on its way to the ledger. */
interface Ending<Record> {
  readonly claimed: ClaimedAttempt
  readonly record: Record
}

interface Way<Record> {
  /** The statement; answers the tokens of the attempts that it ended. */
  readonly end: (executor: Executor, records: readonly Record[]) => Promise<ReadonlySet<string>>
  /** How a record of an attempt reads that this statement ended. */
  readonly outcomeOf: (record: Record) => string
  /** About how many bytes of it the statement carries, where that is more than a few hundred. */
  readonly sizeOf: (record: Record) => number
  readonly before: (records: readonly Record[]) => CrashPoint | null
  readonly after: (records: readonly Record[]) => CrashPoint
}

/** Guesses: what one statement does within a few milliseconds, and enough at once to keep the ledger busy meanwhile. */
const MAX_BATCH = 500
const MAX_IN_FLIGHT = 2
/**
 * Of results and errors in one statement, which takes about a second then. Five hundred of the largest results in one
 * took longer than any statement may, and a statement that is repeated until it is answered would never be.
 */
const MAX_BYTES_PER_STATEMENT = 4_194_304
/** After a fault of ours or of the schema, which a person has to repair. */
const PAUSE_AFTER_FAULT_MS = 5_000

const SUCCEED: Way<Success> = {
  end: finishSucceeded,
  outcomeOf: () => 'succeeded',
  sizeOf: ({ result }) => result.length,
  before: () => 'finish.before_commit',
  after: () => 'finish.committed',
}

const FAIL: Way<Failure> = {
  end: async (executor, failures) => {
    const ended = await finishFailed(executor, failures)
    return new Set(failures.filter(({ taskId }) => ended.has(taskId)).map(({ token }) => token))
  },
  outcomeOf: ({ outcome }) => outcome,
  sizeOf: ({ error }) => (error === null ? 0 : JSON.stringify(error).length),
  before: () => 'fail.before_commit',
  after: () => 'fail.committed',
}

const RESCHEDULE: Way<Rescheduling> = {
  end: rescheduleAttempts,
  outcomeOf: ({ outcome }) => outcome,
  sizeOf: ({ error }) => (error === null ? 0 : JSON.stringify(error).length),
  before: () => null,
  after: (records) => (records.some(({ isCharged }) => isCharged) ? 'retry.committed' : 'return.committed'),
}

/**
 * Writes the ends of attempts to the ledger, in batches of like ends. Each waits for as long as the ledger is away.
 * Rejects for an end whose data the ledger refuses, which never keeps the rest of its batch, and when the worker gives up.
 */
export class FinishBatches {
  readonly #context: WorkerContext
  readonly #successes: MicroBatcher<Ending<Success>, FinishAnswer>
  readonly #failures: MicroBatcher<Ending<Failure>, FinishAnswer>
  readonly #reschedulings: MicroBatcher<Ending<Rescheduling>, FinishAnswer>

  constructor(context: WorkerContext) {
    this.#context = context
    this.#successes = createBatcher(context, SUCCEED)
    this.#failures = createBatcher(context, FAIL)
    this.#reschedulings = createBatcher(context, RESCHEDULE)
  }

  succeed(claimed: ClaimedAttempt, record: Success): Promise<FinishAnswer> {
    return this.#untilDecided(() => this.#successes.add({ claimed, record }))
  }

  fail(claimed: ClaimedAttempt, record: Failure): Promise<FinishAnswer> {
    return this.#untilDecided(() => this.#failures.add({ claimed, record }))
  }

  reschedule(claimed: ClaimedAttempt, record: Rescheduling): Promise<FinishAnswer> {
    return this.#untilDecided(() => this.#reschedulings.add({ claimed, record }))
  }

  /** A fault that is neither the data's nor the way's is repaired by a person or not at all: the end is kept, and tried again. */
  async #untilDecided(add: () => Promise<FinishAnswer>): Promise<FinishAnswer> {
    const { givingUp, logger } = this.#context
    for (;;) {
      try {
        return await add()
      } catch (error) {
        if (givingUp.aborted || classifyDatabaseError(error) === 'data') throw error
        logger.error({ error, pauseMs: PAUSE_AFTER_FAULT_MS }, 'The end of an attempt could not be written.')
        await delay(PAUSE_AFTER_FAULT_MS, undefined, { signal: givingUp })
      }
    }
  }
}

function createBatcher<Record extends { readonly token: string }>(
  context: WorkerContext,
  way: Way<Record>,
): MicroBatcher<Ending<Record>, FinishAnswer> {
  return new MicroBatcher<Ending<Record>, FinishAnswer>({
    maxSize: MAX_BATCH,
    maxInFlight: MAX_IN_FLIGHT,
    run: (endings) => endAttempts(context, way, endings),
    // What is not the way's fault may be one record's, and the others must not wait for it.
    isItemFault: (error) => ['data', 'fault'].includes(classifyDatabaseError(error)),
  })
}

/**
 * Large ends go in several statements, one after the other. A statement that is refused fails the whole batch, whose
 * halves are then run again, and find what is ended already.
 */
async function endAttempts<Record extends { readonly token: string }>(
  context: WorkerContext,
  way: Way<Record>,
  endings: readonly Ending<Record>[],
): Promise<readonly FinishAnswer[]> {
  const answers: FinishAnswer[] = []
  for (const part of partsBySize(endings, ({ record }) => way.sizeOf(record))) {
    answers.push(...(await endTogether(context, way, part)))
  }
  return answers
}

function partsBySize<Item>(items: readonly Item[], sizeOf: (item: Item) => number): readonly Item[][] {
  const parts: Item[][] = []
  let bytes = Infinity
  for (const item of items) {
    const size = sizeOf(item)
    if (bytes + size > MAX_BYTES_PER_STATEMENT) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)?.push(item)
    bytes += size
  }
  return parts
}

/**
 * Crash windows: before the commit the outcomes are in this process only, and rescue lets the handlers run again; after
 * it the tickets are not settled, come again, and are judged by what the ledger says then.
 */
async function endTogether<Record extends { readonly token: string }>(
  context: WorkerContext,
  way: Way<Record>,
  endings: readonly Ending<Record>[],
): Promise<readonly FinishAnswer[]> {
  const { db } = context.database
  const records = endings.map(({ record }) => record)
  const before = way.before(records)
  if (before !== null) reachCrashPoint(before)
  const ended = await askLedger(context, () => way.end(db, records))
  const missing = endings.filter(({ record }) => !ended.has(record.token)).map(({ claimed }) => claimed)
  const outcomes =
    missing.length === 0 ? null : await askLedger(context, () => findFinishedTokens(db, missing))
  reachCrashPoint(way.after(records))
  // A missing token whose record reads as ours was ended by this very statement, whose answer was lost the first time.
  const isOurs = (record: Record): boolean =>
    ended.has(record.token) || outcomes?.get(record.token) === way.outcomeOf(record)
  return records.map((record) => (isOurs(record) ? 'ended' : 'taken_away'))
}
