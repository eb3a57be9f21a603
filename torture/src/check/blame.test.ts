import { expect, test } from '@jest/globals'
import { knowNothing } from '../load/known.ts'
import { blame } from './blame.ts'

const ID = '01890000-0000-7000-8000-000000000001'
const submission = {
  op: 'op-1',
  type: 'torture.fast',
  count: 1,
  key: null,
  ids: [ID],
  outcome: 'ok',
} as const
const injection = {
  fault: 'kill-api',
  madeAtMs: 100_000,
  healedAtMs: 101_000,
  recoveredAfterMs: 1_000,
  isHindered: false,
}

function blamed(askedAtMs: number, line: string): unknown {
  const known = { ...knowNothing(), submissions: [{ ...submission, askedAtMs }] }
  return blame({ lines: [line], injections: [injection], known, tasks: new Map() }).get('kill-api')
}

const nothing = { lost: 0, endedTwice: 0, others: 0 }

test.each([
  ['submitted shortly before it', 90_000, 1],
  ['submitted before the service had recovered from it', 101_900, 1],
  ['submitted long before it', 10_000, 0],
  ['submitted after it', 103_000, 0],
])('a lost task that was %s', (_, askedAtMs, lost) => {
  expect(blamed(askedAtMs, `lost: ${ID} of op-1`)).toEqual({ ...nothing, lost })
})

test('a task that ended twice is counted apart, and so is everything else', () => {
  expect(blamed(100_000, `ended twice: ${ID}`)).toEqual({ ...nothing, endedTwice: 1 })
  expect(blamed(100_000, `${ID}#1 began twice`)).toEqual({ ...nothing, others: 1 })
})

test('what is about no task is nobody’s', () => {
  expect(blamed(100_000, 'api-1 is not ready')).toEqual(nothing)
})
