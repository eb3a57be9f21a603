import { expect, test } from '@jest/globals'
import { mergeRetryPolicy } from './merge-retry-policy.ts'
import { DEFAULT_RETRY_POLICY } from './retry-policy.ts'

test('what is not changed stays, and what is undefined changes nothing', () => {
  expect(mergeRetryPolicy(DEFAULT_RETRY_POLICY, null)).toBe(DEFAULT_RETRY_POLICY)
  const changes = { maxAttempts: 2, factor: undefined } as object
  expect(mergeRetryPolicy(DEFAULT_RETRY_POLICY, changes)).toEqual({ ...DEFAULT_RETRY_POLICY, maxAttempts: 2 })
})

test.each([
  [{ strategy: 'fixed' }, 'none'],
  [{ strategy: 'list', delaysMs: [1] }, 'none'],
  [{ strategy: 'list', delaysMs: [1], jitter: 'full' }, 'full'],
  [{ strategy: 'linear' }, 'full'],
  [{ baseDelayMs: 5 }, 'full'],
] as const)('%j has the jitter %s', (changes, jitter) => {
  expect(mergeRetryPolicy(DEFAULT_RETRY_POLICY, changes)).toMatchObject({ ...changes, jitter })
})
