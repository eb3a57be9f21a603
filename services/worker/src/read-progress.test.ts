import { expect, test } from '@jest/globals'
import { readProgress } from './read-progress.ts'

test.each([
  [{ done: 0 }, { done: 0 }],
  [
    { done: 1.5, total: 3, note: 'half' },
    { done: 1.5, total: 3, note: 'half' },
  ],
  [{ done: 1, total: undefined, other: 1 }, { done: 1 }],
  [
    { done: 1, note: 'a\u0000\ud800' },
    { done: 1, note: 'a\uFFFD\uFFFD' },
  ],
])('%j is shown', (value, progress) => {
  expect(readProgress(value)).toEqual({ progress })
})

test.each([
  [null],
  ['half'],
  [{}],
  [{ done: '1' }],
  [{ done: -1 }],
  [{ done: Number.NaN }],
  [{ done: 1, total: Infinity }],
  [{ done: 1, note: 7 }],
  [{ done: 1, note: 'x'.repeat(501) }],
])('%p is refused with the reason', (value) => {
  expect(readProgress(value)).toEqual({ problem: expect.any(String) })
})
