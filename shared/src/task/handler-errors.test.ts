import { expect, test } from '@jest/globals'
import { askedDelayOf, RetryAfter } from './handler-errors.ts'

test('RetryAfter carries its delay, its words and its cause', () => {
  const cause = new Error('429')
  const error = new RetryAfter(1_500, 'busy', { cause })
  expect(error).toMatchObject({ name: 'RetryAfter', message: 'busy', cause, delayMs: 1_500 })
  expect(askedDelayOf(error)).toEqual({ askedDelayMs: 1_500, isAskedLeast: false })
  expect(askedDelayOf(new RetryAfter(0, 'busy', { isLeast: true }))?.isAskedLeast).toBe(true)
})

test('a time is turned into a delay, and one that has passed means now', () => {
  const inAMinute = askedDelayOf(new RetryAfter(new Date(Date.now() + 60_000)))?.askedDelayMs ?? 0
  expect(Math.abs(inAMinute - 60_000)).toBeLessThan(5_000)
  expect(askedDelayOf(new RetryAfter(new Date(0)))?.askedDelayMs).toBe(0)
})

test.each([-1, Number.NaN, Infinity, new Date(Number.NaN)])('%s is refused', (when) => {
  expect(() => new RetryAfter(when)).toThrow(
    'RetryAfter expects a delay in milliseconds of at least 0 or a date',
  )
})

test('the copy of another package counts, and what has no usable delay is an error like any other', () => {
  const copy = Object.assign(new Error('busy'), { name: 'RetryAfter', delayMs: 20 })
  expect(askedDelayOf(copy)).toEqual({ askedDelayMs: 20, isAskedLeast: false })
  expect(askedDelayOf(Object.assign(new Error('busy'), { name: 'RetryAfter', delayMs: '20' }))).toBeNull()
  expect(askedDelayOf({ name: 'RetryAfter', delayMs: 20 })).toBeNull()
  expect(askedDelayOf(new Error('busy'))).toBeNull()
})
