import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decideAfterFailure, type FailedAttempt } from './decide-after-failure.ts'
import { DEFAULT_RETRY_POLICY } from './retry-policy.ts'

const attempt = (changes: Partial<FailedAttempt> = {}): FailedAttempt => ({
  kind: 'error',
  chargedAttempts: 1,
  maxAttempts: 5,
  attemptOfLife: 1,
  ...changes,
})

const policies = fc.record({
  strategy: fc.constant('exponential' as const),
  delaysMs: fc.constant([]),
  jitter: fc.constant('full' as const),
  maxAgeMs: fc.constant(null),
  maxAttempts: fc.integer({ min: 1, max: 100 }),
  baseDelayMs: fc.integer({ min: 0, max: 60_000 }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  maxDelayMs: fc.integer({ min: 0, max: 86_400_000 }),
})

const budgets = fc.record({
  chargedAttempts: fc.integer({ min: 1, max: 50 }),
  maxAttempts: fc.integer({ min: 1, max: 50 }),
})

const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('after a failed attempt', () => {
  test('there is another exactly while the budget lasts', () => {
    fc.assert(
      fc.property(policies, budgets, draws, (policy, budget, draw) => {
        const decision = decideAfterFailure(attempt(budget), policy, draw)
        expect(decision.act).toBe(budget.chargedAttempts < budget.maxAttempts ? 'retry' : 'fail')
      }),
    )
  })

  test('the delay is a whole number of milliseconds between 0 and the ceiling of its attempt', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 500 }), draws, (policy, attemptOfLife, draw) => {
        const decision = decideAfterFailure(attempt({ attemptOfLife }), policy, draw)
        if (decision.act !== 'retry') throw new Error('expected a retry')
        expect(Number.isSafeInteger(decision.delayMs)).toBe(true)
        expect(decision.delayMs).toBeGreaterThanOrEqual(0)
        expect(decision.delayMs).toBeLessThanOrEqual(policy.maxDelayMs)
        expect(decision.delayMs).toBeLessThanOrEqual(
          policy.baseDelayMs === 0 ? 0 : policy.baseDelayMs * policy.factor ** (attemptOfLife - 1),
        )
      }),
    )
  })

  test('a policy without a base delay retries at once, also when the growth of the delay is beyond any number', () => {
    const policy = { ...DEFAULT_RETRY_POLICY, baseDelayMs: 0 }
    expect(decideAfterFailure(attempt({ attemptOfLife: 2_000 }), policy, 0.5)).toMatchObject({ delayMs: 0 })
  })

  test.each([
    [1, 1_000],
    [2, 2_000],
    [4, 8_000],
    [20, 600_000],
  ])('the ceiling of attempt %i is %i ms by default', (attemptOfLife, ceiling) => {
    const decision = decideAfterFailure(attempt({ attemptOfLife }), DEFAULT_RETRY_POLICY, 1)
    expect(decision).toMatchObject({ act: 'retry', delayMs: ceiling })
  })

  test.each([
    ['permanent', 'permanent_error'],
    ['invalid_input', 'invalid_input'],
  ] as const)('a %s failure fails at once as %s', (kind, deadLetterReason) => {
    expect(decideAfterFailure(attempt({ kind }), DEFAULT_RETRY_POLICY, 0)).toMatchObject({
      act: 'fail',
      deadLetterReason,
    })
  })

  test('the last attempt says whether it timed out', () => {
    const last = { chargedAttempts: 5, maxAttempts: 5 }
    expect(
      decideAfterFailure(attempt({ ...last, kind: 'timed_out' }), DEFAULT_RETRY_POLICY, 0),
    ).toMatchObject({
      deadLetterReason: 'timed_out',
    })
    expect(decideAfterFailure(attempt(last), DEFAULT_RETRY_POLICY, 0)).toMatchObject({
      deadLetterReason: 'attempts_exhausted',
    })
  })
})
