import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findRetryFaults, MAX_DELAY_MS, RETRY_JITTERS, RETRY_STRATEGIES } from '../task/index.ts'
import { retryChangesSchema } from './retry-policy-schema.ts'

test('a task is refused exactly what a type is refused', () => {
  const number = fc.oneof(
    fc.integer({ min: -2, max: 1_200 }),
    fc.constantFrom(MAX_DELAY_MS, MAX_DELAY_MS + 1, 0, 1),
    fc.constantFrom(Number.NaN, Infinity, '5', null),
  )
  const policies = fc.record({
    maxAttempts: number,
    strategy: fc.constantFrom<unknown>(...RETRY_STRATEGIES, 'random', 1),
    baseDelayMs: number,
    factor: number,
    maxDelayMs: number,
    delaysMs: fc.array(number, { minLength: 1, maxLength: 101 }),
    jitter: fc.constantFrom<unknown>(...RETRY_JITTERS, 'half'),
    maxAgeMs: number,
  })
  fc.assert(
    fc.property(policies, fc.boolean(), (policy, hasList) => {
      const { delaysMs, ...rest } = policy
      const forType = { ...rest, delaysMs: hasList ? delaysMs : [] }
      const faults = new Set(findRetryFaults(forType as never).map(({ field }) => field))
      const { error } = retryChangesSchema.safeParse(hasList ? policy : rest)
      const fields = new Set(error?.issues.map(({ path }) => path[0]))
      // What goes together is looked at by zod only when each field is right for itself.
      if (!fields.has('delaysMs') && fields.size > 0) faults.delete('delaysMs')
      expect(fields).toEqual(faults)
    }),
    { numRuns: 500 },
  )
})

test('an unknown field is refused', () => {
  expect(findRetryFaults({ maxAttempt: 3 } as never)[0]).toEqual({
    field: 'maxAttempt',
    complaint: expect.stringContaining('is not known; there are maxAttempts, strategy'),
  })
  expect(retryChangesSchema.safeParse({ maxAttempt: 3 }).success).toBe(false)
})
