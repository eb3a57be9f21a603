import { expect, test } from '@jest/globals'
import { describeDuration } from './describe-duration.ts'

test.each([
  [-5, '0 ms'],
  [0.4, '0 ms'],
  [850, '850 ms'],
  [1_000, '1 s'],
  [2_512, '2.51 s'],
  [59_999, '60 s'],
  [90_000, '1.5 min'],
  [3_600_000, '1 h'],
  [86_400_000, '24 h'],
  [172_800_000, '2 days'],
  [316_224_000_000, '3660 days'],
])('%d ms are %s', (ms, words) => {
  expect(describeDuration(ms)).toBe(words)
})
