import { expect, test } from '@jest/globals'
import { backoffDelayMs } from './backoff-delay-ms.ts'

const HIGHEST = 1 - Number.EPSILON

test('the longest delay doubles with each attempt up to the cap', () => {
  const longest = [1, 2, 3, 6, 7, 5000].map((attempt) =>
    backoffDelayMs(attempt, { baseMs: 100, maxMs: 5000, random: () => HIGHEST }),
  )
  expect(longest).toEqual([100, 200, 400, 3200, 5000, 5000])
})

test('the shortest delay is none at all', () => {
  expect(backoffDelayMs(9, { baseMs: 100, maxMs: 5000, random: () => 0 })).toBe(0)
})
