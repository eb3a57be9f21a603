import type { ClaimedAttempt } from '../database/index.ts'
import type { CrashPoint } from '../runtime/index.ts'
import type { Flow } from './flow.ts'
import { type Ask, ask, type EndAnswer, type EndRecords, type Reach, reach, type WayToEnd } from './ports.ts'

/** An attempt's end on its way to the ledger. */
export interface AttemptEnd<Way extends WayToEnd> {
  readonly claimed: ClaimedAttempt
  readonly record: EndRecords[Way]
}

type Ending = 'finishSucceeded' | 'finishFailed' | 'rescheduleAttempts'
export type EndTogetherEffect = Ask<Ending> | Ask<'findFinishedTokens'> | Reach

interface Steps<Record> {
  /** Answers the tokens of the attempts that it ended. */
  readonly end: (records: readonly Record[]) => Flow<Ask<Ending>, ReadonlySet<string>>
  /** How a record of an attempt reads that this statement ended. */
  readonly outcomeOf: (record: Record) => string
  readonly before: CrashPoint | null
  readonly after: (records: readonly Record[]) => CrashPoint
}

const STEPS: { readonly [Way in WayToEnd]: Steps<EndRecords[Way]> } = {
  succeed: {
    end: (successes) => ask('finishSucceeded', successes),
    outcomeOf: () => 'succeeded',
    before: 'finish.before_commit',
    after: () => 'finish.committed',
  },
  fail: {
    *end(failures) {
      const ended = yield* ask('finishFailed', failures)
      return new Set(failures.filter(({ taskId }) => ended.has(taskId)).map(({ token }) => token))
    },
    outcomeOf: ({ outcome }) => outcome,
    before: 'fail.before_commit',
    after: () => 'fail.committed',
  },
  reschedule: {
    end: (reschedulings) => ask('rescheduleAttempts', reschedulings),
    outcomeOf: ({ outcome }) => outcome,
    before: null,
    after: (records) => (records.some(({ isCharged }) => isCharged) ? 'retry.committed' : 'return.committed'),
  },
}

/**
 * Ends attempts in one statement, by their tokens, and says of each whether it has ended so. Zero rows are an answer: the
 * attempt's record tells whether an earlier commit of this very end got lost on its way back, or somebody took it away.
 *
 * Crash windows: before the commit the outcomes are in this process only, and rescue lets the handlers run again; after
 * it the tickets are not settled, come again, and are judged by what the ledger says then.
 */
export function* endTogether<Way extends WayToEnd>(
  way: Way,
  ends: readonly AttemptEnd<Way>[],
): Flow<EndTogetherEffect, readonly EndAnswer[]> {
  const steps: Steps<EndRecords[Way]> = STEPS[way]
  const records = ends.map(({ record }) => record)
  if (steps.before !== null) yield reach(steps.before)
  const ended = yield* steps.end(records)
  const missing = ends.filter(({ record }) => !ended.has(record.token)).map(({ claimed }) => claimed)
  const outcomes = missing.length === 0 ? null : yield* ask('findFinishedTokens', missing)
  yield reach(steps.after(records))
  const isOurs = (record: EndRecords[Way]): boolean =>
    ended.has(record.token) || outcomes?.get(record.token) === steps.outcomeOf(record)
  return records.map((record) => (isOurs(record) ? 'ended' : 'taken_away'))
}
