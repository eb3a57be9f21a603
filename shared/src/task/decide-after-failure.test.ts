import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decideAfterFailure, type FailedAttempt } from './decide-after-failure.ts'
import { MAX_DELAY_MS } from './limits.ts'
import { DEFAULT_RETRY_POLICY, RETRY_STRATEGIES, type RetryPolicy } from './retry-policy.ts'

const attempt = (changes: Partial<FailedAttempt> = {}): FailedAttempt => ({
  kind: 'error',
  chargedAttempts: 1,
  maxAttempts: 5,
  failureOfLife: 1,
  askedDelayMs: null,
  lifeAgeMs: 0,
  timeLeftMs: null,
  ...changes,
})

const delays = fc.integer({ min: 0, max: 86_400_000 })

/** Policies without a greatest age. */
function policiesOf(strategy: RetryPolicy['strategy']): fc.Arbitrary<RetryPolicy> {
  return fc.record({
    strategy: fc.constant(strategy),
    delaysMs: strategy === 'list' ? fc.array(delays, { minLength: 1, maxLength: 20 }) : fc.constant([]),
    jitter: fc.constantFrom('full' as const, 'none' as const),
    maxAgeMs: fc.constant(null),
    maxAttempts: fc.integer({ min: 1, max: 100 }),
    baseDelayMs: fc.integer({ min: 0, max: 60_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxDelayMs: delays,
  })
}
const policies = fc.constantFrom(...RETRY_STRATEGIES).chain(policiesOf)

const budgets = fc.record({
  chargedAttempts: fc.integer({ min: 1, max: 50 }),
  maxAttempts: fc.integer({ min: 1, max: 50 }),
})
const lives = fc.integer({ min: 1, max: 2_000 })
const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
/** What a handler may ask for, sensible or not. */
const asked = fc.option(fc.double({ min: 0, max: 2 * MAX_DELAY_MS, noNaN: true }))
/** A policy, a draw, and what the handler asks for. */
const situations = fc.tuple(policies, draws, asked)
const ages = fc.double({ min: 0, max: 1e9, noNaN: true })

/** The delay that follows an attempt with nothing against it. */
function delayOf(failureOfLife: number, policy: RetryPolicy, draw = 0.5): number {
  const decision = decideAfterFailure(attempt({ failureOfLife }), policy, draw)
  if (decision.act !== 'retry') throw new Error(`expected a retry: ${decision.reason}`)
  return decision.delayMs
}

describe('after a failed attempt', () => {
  test('there is another exactly while the budget lasts, whatever delay is asked for', () => {
    fc.assert(
      fc.property(situations, budgets, ([policy, draw, askedDelayMs], budget) => {
        const decision = decideAfterFailure(attempt({ ...budget, askedDelayMs }), policy, draw)
        expect(decision.act).toBe(budget.chargedAttempts < budget.maxAttempts ? 'retry' : 'fail')
      }),
    )
  })

  test('the delay is a whole number from 0 to what the strategy gives for its attempt', () => {
    const bounds: Record<RetryPolicy['strategy'], (policy: RetryPolicy, attempt: number) => number> = {
      fixed: ({ baseDelayMs }) => baseDelayMs,
      linear: ({ baseDelayMs, maxDelayMs }, number) => Math.min(maxDelayMs, baseDelayMs * number),
      exponential: ({ baseDelayMs, factor, maxDelayMs }, number) =>
        baseDelayMs === 0 ? 0 : Math.min(maxDelayMs, baseDelayMs * factor ** (number - 1)),
      list: ({ delaysMs }, number) => delaysMs[number - 1] ?? delaysMs.at(-1) ?? 0,
    }
    fc.assert(
      fc.property(policies, lives, draws, (policy, failureOfLife, draw) => {
        const delayMs = delayOf(failureOfLife, policy, draw)
        const bound = bounds[policy.strategy](policy, failureOfLife)
        expect(Number.isSafeInteger(delayMs)).toBe(true)
        expect(delayMs).toBeGreaterThanOrEqual(0)
        expect(delayMs).toBeLessThanOrEqual(bound)
        if (policy.jitter === 'none') expect(delayMs).toBe(Math.floor(bound))
      }),
    )
  })

  test.each(['fixed', 'linear', 'exponential'] as const)(
    'without jitter, %s delays never become shorter',
    (strategy) => {
      fc.assert(
        fc.property(policiesOf(strategy), lives, (policy, failureOfLife) => {
          const calm = { ...policy, jitter: 'none' } as const
          expect(delayOf(failureOfLife + 1, calm)).toBeGreaterThanOrEqual(delayOf(failureOfLife, calm))
        }),
      )
    },
  )

  test('full jitter draws from the whole range', () => {
    fc.assert(
      fc.property(policies, lives, (policy, failureOfLife) => {
        const jittery = { ...policy, jitter: 'full' } as const
        const calm = delayOf(failureOfLife, { ...policy, jitter: 'none' })
        expect(delayOf(failureOfLife, jittery, 0)).toBe(0)
        expect(delayOf(failureOfLife, jittery, 1 - 2 ** -53)).toBeGreaterThanOrEqual(calm - 1)
      }),
    )
  })

  test('a list gives its delays in order, and its last one again and again', () => {
    fc.assert(
      fc.property(policiesOf('list'), lives, (policy, beyond) => {
        const calm = { ...policy, jitter: 'none' } as const
        expect(policy.delaysMs.map((_, index) => delayOf(index + 1, calm))).toEqual(policy.delaysMs)
        expect(delayOf(policy.delaysMs.length + beyond, calm)).toBe(policy.delaysMs.at(-1))
      }),
    )
  })

  test('of a delay that the error asks for at least and the one of the policy, the longer counts', () => {
    fc.assert(
      fc.property(policies, draws, asked, (policy, draw, askedDelayMs) => {
        fc.pre(askedDelayMs !== null)
        const decide = (changes: Partial<FailedAttempt>) => decideAfterFailure(attempt(changes), policy, draw)
        const [exact, unasked] = [decide({ askedDelayMs }), decide({})]
        const isLonger = 'delayMs' in unasked && unasked.delayMs > askedDelayMs
        expect(decide({ askedDelayMs, isAskedLeast: true })).toEqual(isLonger ? unasked : exact)
      }),
    )
  })

  test('a delay that the error asks for is kept, up to the longest of all, and jitter spares it', () => {
    fc.assert(
      fc.property(policies, draws, asked, (policy, draw, askedDelayMs) => {
        fc.pre(askedDelayMs !== null)
        const decision = decideAfterFailure(attempt({ askedDelayMs }), policy, draw)
        expect(decision).toMatchObject({
          act: 'retry',
          delayMs: Math.ceil(Math.min(askedDelayMs, MAX_DELAY_MS)),
          reason: expect.stringContaining('as the error asked; 4 of 5 are left.'),
        })
      }),
    )
  })

  test('no further attempt begins at the deadline or later', () => {
    const left = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    fc.assert(
      fc.property(situations, left, ([policy, draw, askedDelayMs], timeLeftMs) => {
        const decision = decideAfterFailure(attempt({ askedDelayMs, timeLeftMs }), policy, draw)
        const free = decideAfterFailure(attempt({ askedDelayMs }), policy, draw)
        if (decision.act === 'retry') {
          expect(decision.delayMs).toBeLessThan(timeLeftMs)
          expect(decision).toEqual(free)
        } else {
          expect(decision.deadLetterReason).toBe('deadline_passed')
          expect(free).toMatchObject({ act: 'retry' })
          expect(free.act === 'retry' && free.delayMs >= timeLeftMs).toBe(true)
        }
      }),
    )
  })

  test('no further attempt is planned for later than the greatest age', () => {
    const greatest = fc.integer({ min: 1, max: 1e9 })
    fc.assert(
      fc.property(situations, ages, greatest, ([policy, draw, askedDelayMs], age, max) => {
        const old = attempt({ askedDelayMs, lifeAgeMs: age })
        const decision = decideAfterFailure(old, { ...policy, maxAgeMs: max }, draw)
        const free = decideAfterFailure(old, policy, draw)
        if (decision.act === 'retry') {
          expect(age + decision.delayMs).toBeLessThanOrEqual(max)
          expect(decision).toEqual(free)
        } else {
          expect(decision.deadLetterReason).toBe('max_age_reached')
          expect(free.act === 'retry' && age + free.delayMs > max).toBe(true)
        }
      }),
    )
  })

  test('the reason is one whole sentence without holes', () => {
    const kinds = fc.constantFrom('error', 'permanent', 'invalid_input', 'timed_out', 'run_later' as const)
    const facts = fc.record({
      kind: kinds,
      chargedAttempts: fc.integer({ min: 1, max: 9 }),
      maxAttempts: fc.integer({ min: 1, max: 9 }),
      failureOfLife: lives,
      askedDelayMs: asked,
      lifeAgeMs: ages,
      timeLeftMs: fc.option(ages),
    })
    fc.assert(
      fc.property(policies, facts, draws, (policy, fact, draw) => {
        const { reason } = decideAfterFailure(fact, { ...policy, maxAgeMs: 1e8 }, draw)
        expect(reason).toMatch(/^[A-Z].*[^.]\.$/)
        expect(reason).not.toMatch(/undefined|null|NaN|Infinity|-\d| {2}/)
      }),
    )
  })

  test('a policy without a base delay retries at once, also when the growth of the delay is beyond any number', () => {
    const policy = { ...DEFAULT_RETRY_POLICY, baseDelayMs: 0 }
    expect(decideAfterFailure(attempt({ failureOfLife: 2_000 }), policy, 0.5)).toMatchObject({ delayMs: 0 })
  })

  test.each([
    [1, 1_000],
    [2, 2_000],
    [4, 8_000],
    [20, 600_000],
  ])('the ceiling of attempt %i is %i ms by default', (failureOfLife, ceiling) => {
    const decision = decideAfterFailure(attempt({ failureOfLife }), DEFAULT_RETRY_POLICY, 1)
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

describe('a handler that asks to run later', () => {
  const later = (changes: Partial<FailedAttempt> = {}) =>
    attempt({ kind: 'run_later', chargedAttempts: 5, askedDelayMs: 90_000, ...changes })

  test('may do so however often, also when all attempts are used up', () => {
    expect(decideAfterFailure(later(), DEFAULT_RETRY_POLICY, 0)).toEqual({
      act: 'retry',
      delayMs: 90_000,
      reason: 'The handler asked to run again in 1.5 min; no attempt is used up by that.',
    })
  })

  test('may do so only before its deadline', () => {
    expect(decideAfterFailure(later({ timeLeftMs: 60_000 }), DEFAULT_RETRY_POLICY, 0)).toEqual({
      act: 'fail',
      deadLetterReason: 'deadline_passed',
      reason: 'The handler asked to run again in 1.5 min, but the deadline was only 1 min ahead.',
    })
  })

  test('may do so only within the greatest age of its life', () => {
    const policy = { ...DEFAULT_RETRY_POLICY, maxAgeMs: 3_600_000 }
    expect(decideAfterFailure(later({ lifeAgeMs: 3_510_000 }), policy, 0).act).toBe('retry')
    expect(decideAfterFailure(later({ lifeAgeMs: 3_540_000 }), policy, 0)).toEqual({
      act: 'fail',
      deadLetterReason: 'max_age_reached',
      reason:
        'The handler asked to run again in 1.5 min, but the life of the task began 59 min ago, and its retry policy plans no attempt later than 1 h after that.',
    })
  })
})
