import { expect, test } from '@jest/globals'
import { readPreferredWait } from './read-preferred-wait.ts'

test.each([
  ['wait=30', 30],
  ['respond-async, wait=5', 5],
  ['wait=10, respond-async', 10],
  ['WAIT = "7"', 7],
  ['wait=600', 60],
  ['wait=0', null],
  ['wait=-1', null],
  ['wait=1.5', null],
  ['await=5', null],
  ['', null],
  [undefined, null],
])('Prefer: %s waits %s seconds', (header, seconds) => {
  expect(readPreferredWait(header)).toBe(seconds)
})
