import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { pacedUntilMs, paceRedrive } from './pace-redrive.ts'

/** Sums of five hundred steps of floating point, at up to a hundred thousand a second. */
const ROUNDING = 0.01

const START = 1_700_000_000_000
const unlimited = { ratePerSecond: null, concurrency: null, openMembers: 0, maxChunk: 500 }

/** Looks after these pauses, with everything redriven that may be. */
function redriven(ratePerSecond: number, pausesMs: readonly number[]) {
  let [nowMs, usedMs, total] = [START, START, 0]
  const looks: { readonly atMs: number; readonly count: number }[] = []
  for (const pauseMs of pausesMs) {
    nowMs += pauseMs
    const { count, fromMs } = paceRedrive({ ...unlimited, ratePerSecond, pacedUntilMs: usedMs, nowMs })
    usedMs = pacedUntilMs(fromMs, count, ratePerSecond)
    total += count
    looks.push({ atMs: nowMs, count })
  }
  return { total, looks, elapsedMs: nowMs - START }
}

const rates = fc.double({ min: 0.05, max: 400, noNaN: true })
const pauses = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 200 })

describe('the pace of a redrive', () => {
  test('never exceeds its rate, however often and irregularly it looks', () => {
    fc.assert(
      fc.property(rates, pauses, (rate, pausesMs) => {
        const { total, elapsedMs } = redriven(rate, pausesMs)
        expect(total).toBeLessThanOrEqual((rate * elapsedMs) / 1_000 + 1e-6)
      }),
    )
  })

  test('reaches its rate when it looks often', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const { total, elapsedMs } = redriven(
          rate,
          Array.from({ length: 500 }, () => 200),
        )
        expect(total).toBeGreaterThanOrEqual((rate * elapsedMs) / 1_000 - 1.001 - ROUNDING)
      }),
    )
  })

  test('catches up on a second, or on two members, at most after an outage', () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 1e9 }), (rate, outageMs) => {
        const { total } = redriven(rate, [outageMs])
        expect(total).toBeLessThanOrEqual(Math.max(2, rate))
      }),
    )
  })

  test('leaves room for no more than its concurrency', () => {
    const pace = { ...unlimited, concurrency: 10, pacedUntilMs: START, nowMs: START }
    expect([0, 4, 10, 12].map((openMembers) => paceRedrive({ ...pace, openMembers }).count)).toEqual([
      10, 6, 0, 0,
    ])
  })

  test('is a whole chunk without limits', () => {
    expect(paceRedrive({ ...unlimited, pacedUntilMs: START, nowMs: START }).count).toBe(500)
  })
})
