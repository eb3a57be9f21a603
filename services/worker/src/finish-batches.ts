import { setTimeout as delay } from 'node:timers/promises'
import { classifyDatabaseError, isDataError, performStatement } from '@redrive/shared/database'
import {
  type AttemptEnd,
  type End,
  type EndAnswer,
  type EndRecords,
  endTogether,
  type EndTogetherEffect,
  type Refusal,
  runFlow,
  type WayToEnd,
} from '@redrive/shared/protocol'
import { MicroBatcher, reachCrashPoint } from '@redrive/shared/runtime'
import { describeError, type TaskError } from '@redrive/shared/task'
import { askLedger, type WorkerContext } from './worker-context.ts'

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

/** About how many bytes of it the statement carries, where that is more than a few hundred. */
const SIZES: { readonly [Way in WayToEnd]: (record: EndRecords[Way]) => number } = {
  succeed: ({ result }) => result.length,
  fail: ({ error }) => sizeOfError(error),
  reschedule: ({ error }) => sizeOfError(error),
}

function sizeOfError(error: TaskError | null): number {
  return error === null ? 0 : JSON.stringify(error).length
}

/**
 * Writes the ends of attempts to the ledger, in batches of like ends. Each waits for as long as the ledger is away.
 * Rejects for an end whose data the ledger refuses, which never keeps the rest of its batch, and when the worker gives up.
 */
export class FinishBatches {
  readonly #context: WorkerContext
  readonly #batchers: { readonly [Way in WayToEnd]: MicroBatcher<AttemptEnd<Way>, EndAnswer> }

  constructor(context: WorkerContext) {
    this.#context = context
    this.#batchers = {
      succeed: createBatcher('succeed', context),
      fail: createBatcher('fail', context),
      reschedule: createBatcher('reschedule', context),
    }
  }

  async end<Way extends WayToEnd>({ way, claimed, record }: End<Way>): Promise<EndAnswer | Refusal> {
    const batcher: MicroBatcher<AttemptEnd<Way>, EndAnswer> = this.#batchers[way]
    try {
      return await this.#untilDecided(() => batcher.add({ claimed, record }))
    } catch (error) {
      if (way === 'succeed' && isDataError(error)) return { refusal: describeError(error).message }
      throw error
    }
  }

  /** A fault that is neither the data's nor the way's is repaired by a person or not at all: the end is kept, and tried again. */
  async #untilDecided(add: () => Promise<EndAnswer>): Promise<EndAnswer> {
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

function createBatcher<Way extends WayToEnd>(
  way: Way,
  context: WorkerContext,
): MicroBatcher<AttemptEnd<Way>, EndAnswer> {
  return new MicroBatcher<AttemptEnd<Way>, EndAnswer>({
    maxSize: MAX_BATCH,
    maxInFlight: MAX_IN_FLIGHT,
    run: (ends) => endAttempts(way, ends, context),
    // What is not the way's fault may be one record's, and the others must not wait for it.
    isItemFault: (error) => ['data', 'fault'].includes(classifyDatabaseError(error)),
  })
}

/**
 * Large ends go in several statements, one after the other. A statement that is refused fails the whole batch, whose
 * halves are then run again, and find what is ended already.
 */
async function endAttempts<Way extends WayToEnd>(
  way: Way,
  ends: readonly AttemptEnd<Way>[],
  context: WorkerContext,
): Promise<readonly EndAnswer[]> {
  const answers: EndAnswer[] = []
  const sizeOf: (record: EndRecords[Way]) => number = SIZES[way]
  for (const part of partsBySize(ends, ({ record }) => sizeOf(record))) {
    answers.push(...(await runFlow(endTogether(way, part), (effect) => performEnd(effect, context))))
  }
  return answers
}

function performEnd(effect: EndTogetherEffect, context: WorkerContext): unknown {
  if (effect.do === 'reach') return reachCrashPoint(effect.point)
  return askLedger(context, () => performStatement(context.database.db, effect))
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
