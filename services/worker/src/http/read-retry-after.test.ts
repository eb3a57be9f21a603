import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readRetryAfter } from './read-retry-after.ts'

const now = Date.UTC(2026, 2, 1, 12, 0, 0)

test.each([
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5_000],
  ['86400', 86_400_000],
  ['86401', 86_400_000],
  ['9999999999', 86_400_000],
  ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
  ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
  ['Tue, 01 Mar 2033 12:00:00 GMT', 86_400_000],
])('%s asks for %d ms', (header, delayMs) => {
  expect(readRetryAfter(header, now)).toBe(delayMs)
})

test.each([
  undefined,
  '',
  '-1',
  '1.5',
  '1e3',
  'soon',
  '99999999999',
  '2026-03-01T12:00:00Z',
  'Sun, 41 Mar 2026 12:00:00 GMT',
])('%j asks for nothing', (header) => {
  expect(readRetryAfter(header, now)).toBeNull()
})

test('whatever a receiver writes, the delay is between nothing and a day', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      ),
      (header) => {
        const delayMs = readRetryAfter(header, now) ?? 0
        expect(delayMs).toBeGreaterThanOrEqual(0)
        expect(delayMs).toBeLessThanOrEqual(86_400_000)
      },
    ),
  )
})
