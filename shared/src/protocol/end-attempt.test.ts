import { describe, expect, test } from '@jest/globals'
import type { ClaimedAttempt } from '../database/index.ts'
import { DEFAULT_RETRY_POLICY } from '../task/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import type { AttemptOutcome } from './attempt-outcome.ts'
import { endAttempt } from './end-attempt.ts'

const error = { type: 'TypeError', message: 'no' }
const evidence = { exitCode: 1, signal: null, memoryPeakBytes: null, lastOutput: [] }
const held = { ticket: { taskId: 't', number: 1 }, lane: 'normal' as const, vainClaims: 0 }

const SUCCEEDED: AttemptOutcome = { kind: 'succeeded', result: '1' }
const FAILED: AttemptOutcome = { kind: 'failed', failure: 'error', error }
const FOR_GOOD: AttemptOutcome = { kind: 'failed', failure: 'permanent', error }
const CRASHED: AttemptOutcome = { kind: 'crashed', error, evidence }
const LATER: AttemptOutcome = { kind: 'run_later', delayMs: 5_000, reason: 'not yet' }
const RETURNED: AttemptOutcome = { kind: 'returned', reason: 'stopping' }
const UNUSABLE: AttemptOutcome = { kind: 'unusable_result', error }

function endWith(outcome: AttemptOutcome, end: unknown, changes: Partial<ClaimedAttempt> = {}) {
  const claimed = {
    taskId: 't',
    token: 'token',
    type: 'math.add',
    lane: 'normal',
    attempt: 1,
    maxAttempts: 3,
    chargedAttempts: 0,
    attemptsBeforeLife: 0,
    losses: 0,
    returnedAttempts: 0,
    lifeAgeMs: 0,
    timeLeftMs: null,
    retry: null,
    ...changes,
  } as ClaimedAttempt
  const type = { retry: DEFAULT_RETRY_POLICY, isolation: 'none' as const }
  const attempt = { claimed, type, held, claimedAtMs: 0, startedAtMs: 0 }
  const sources = { newId: () => 'id', nowMs: () => 10, random: () => 0.5 }
  return playFlow(endAttempt(outcome, { attempt, sources }), { end })
}

describe('a ticket is settled only after its attempt’s end is committed', () => {
  test.each([
    ['succeeded', SUCCEEDED, ['end', 'ack', 'attempt.succeeded']],
    ['failed and tries again', FAILED, ['end', 'ack', 'attempt.retry_scheduled']],
    ['asked to run later', LATER, ['end', 'ack', 'attempt.returned']],
    ['was given back', RETURNED, ['end', 'ack', 'attempt.returned']],
    ['crashed and tries again', CRASHED, ['attempt.crashed', 'end', 'ack', 'attempt.retry_scheduled']],
  ])('and acknowledged, where it %s', (_, outcome, told) => {
    expect(endWith(outcome, 'ended').told).toEqual(told)
  })

  const FAILURE = ['end', 'reject', 'fail.rejected', 'attempt.failed', 'task.dead_lettered']

  test.each([
    ['failed for good', FOR_GOOD, {}],
    ['failed in its last attempt', FAILED, { chargedAttempts: 2 }],
    ['has a result that nobody can store', UNUSABLE, {}],
    ['put itself off beyond its deadline', LATER, { timeLeftMs: 1_000 }],
  ])('and rejected, never acknowledged, where it %s', (_, outcome, changes) => {
    expect(endWith(outcome, 'ended', changes).told).toEqual(FAILURE)
  })

  test('and rejected, never acknowledged, where it crashed alone as a suspect', () => {
    expect(endWith(CRASHED, 'ended', { losses: 1 }).told).toEqual(['attempt.crashed', ...FAILURE])
  })

  test.each([
    ['succeeded', SUCCEEDED],
    ['failed', FAILED],
    ['failed for good', FOR_GOOD],
    ['was given back', RETURNED],
    ['asked to run later', LATER],
  ])('and not at all when the ledger could not be told that it %s', (_, outcome) => {
    const { told, error: thrown } = endWith(outcome, new Error('gone'))
    expect(thrown).toEqual(new Error('gone'))
    expect(told).toEqual(['end'])
  })
})

describe('an attempt that was taken away', () => {
  test.each([
    ['succeeded', SUCCEEDED],
    ['failed', FAILED],
    ['failed for good', FOR_GOOD],
    ['was given back', RETURNED],
    ['asked to run later', LATER],
  ])('and %s leaves its ticket to what the ledger says', (_, outcome) => {
    const { told, effects } = endWith(outcome, 'taken_away')
    expect(told).toEqual(['end', 'attempt.taken_away', 'noteLate', 'judge'])
    expect(effects.at(-1)).toEqual({ do: 'judge', tickets: [held] })
  })

  test('and did not stop when told writes no end', () => {
    expect(endWith({ kind: 'abandoned' }, 'ended').told).toEqual(['attempt.taken_away', 'noteLate', 'judge'])
  })
})

test('every end carries the token of its attempt', () => {
  for (const outcome of [SUCCEEDED, FAILED, FOR_GOOD, RETURNED, LATER, UNUSABLE]) {
    const end = endWith(outcome, 'ended').effects.find((effect) => effect.do === 'end')
    expect(end).toMatchObject({ record: { taskId: 't', token: 'token' } })
  }
})

test('a result that the ledger refuses fails the task by the same token', () => {
  const { effects } = endWith(SUCCEEDED, { refusal: 'unsupported Unicode escape sequence' })
  const ends = effects.filter((effect) => effect.do === 'end')
  expect(ends.map(({ way }) => way)).toEqual(['succeed', 'fail'])
  expect(ends[1]).toMatchObject({ record: { token: 'token', reason: 'permanent_error' } })
})

test('what was given back or put off is not charged, and a failure is', () => {
  const charged = (outcome: AttemptOutcome): unknown =>
    endWith(outcome, 'ended').effects.find((effect) => effect.do === 'end')?.record
  expect(charged(RETURNED)).toMatchObject({ isCharged: false })
  expect(charged(LATER)).toMatchObject({ isCharged: false })
  expect(charged(FAILED)).toMatchObject({ isCharged: true })
})
