import { expect, test } from '@jest/globals'
import { countMissing } from './count-missing.ts'

const figures = { oldConfirmed: 10, ready: 0, unacknowledged: 0, running: 0 }

test.each([
  ['nothing is missing while the queue holds as many as were confirmed', { ready: 10 }, 0],
  ['all are missing from an empty queue', {}, 10],
  ['younger tickets in the queue are no debt', { ready: 500 }, 0],
  ['prefetched tickets are not missing', { ready: 4, unacknowledged: 6 }, 0],
  ['messages of running attempts are no prefetched tickets', { ready: 4, unacknowledged: 6, running: 6 }, 6],
  ['attempts without a message make nothing up', { ready: 4, unacknowledged: 2, running: 6 }, 6],
  ['prefetched tickets that nobody can count are taken for lost', { ready: 4, unacknowledged: null }, 6],
])('%s', (_, changes, missing) => {
  expect(countMissing({ ...figures, ...changes })).toBe(missing)
})
