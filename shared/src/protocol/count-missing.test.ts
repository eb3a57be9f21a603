import { expect, test } from '@jest/globals'
import { countMissing } from './count-missing.ts'

const figures = { oldConfirmed: 10, overdue: 0, ready: 0, unacknowledged: 0, prefetchable: 0, running: 0 }
const certain = (count: number) => ({ count, isCertain: true })
const guessed = (count: number) => ({ count, isCertain: false })

test.each([
  ['nothing is missing while the queue holds as many as were confirmed', { ready: 10 }, certain(0)],
  ['all are missing from an empty queue', {}, certain(10)],
  ['younger tickets in the queue are no debt', { ready: 500 }, certain(0)],
  ['prefetched tickets are not missing', { ready: 4, unacknowledged: 6 }, certain(0)],
  [
    'messages of running attempts are no prefetched tickets',
    { ready: 4, unacknowledged: 6, running: 6 },
    certain(6),
  ],
  ['attempts without a message make nothing up', { ready: 4, unacknowledged: 2, running: 6 }, certain(6)],
  [
    'what nobody can count is spared as far as workers could hold it',
    { ready: 4, unacknowledged: null, prefetchable: 6 },
    guessed(0),
  ],
  [
    'what is more than workers could hold is missing',
    { oldConfirmed: 100, ready: 4, unacknowledged: null, prefetchable: 6 },
    certain(90),
  ],
  [
    'workers whose slots are full hold nothing but what they run',
    { unacknowledged: null, prefetchable: 6, running: 6 },
    certain(10),
  ],
  [
    'overdue tickets are taken for lost although workers could hold them',
    { overdue: 5, ready: 1, unacknowledged: null, prefetchable: 50 },
    guessed(4),
  ],
  [
    'without any bound only overdue tickets are missing',
    { overdue: 3, unacknowledged: null, prefetchable: null },
    guessed(3),
  ],
  [
    'what was sent again by mistake waits in the queue and is not sent once more',
    { overdue: 10, ready: 10, unacknowledged: null, prefetchable: 10 },
    guessed(0),
  ],
])('%s', (_, changes, missing) => {
  expect(countMissing({ ...figures, ...changes })).toEqual(missing)
})
