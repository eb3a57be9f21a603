import { expect, test } from '@jest/globals'
import type { TicketStanding } from '../task/index.ts'
import { sortErrorMessage } from './sort-error-message.ts'

const taskId = '019aa000-0000-7000-8000-000000000001'
const parsed = { ticket: { taskId, number: 3 } }

function standing(changes: Partial<TicketStanding> = {}): TicketStanding {
  return {
    taskId,
    ended: null,
    number: 3,
    isRunning: false,
    isDue: true,
    isExpired: false,
    type: 'math.add',
    deadLetter: null,
    ...changes,
  }
}

test.each([
  [
    'a failed task whose dead letter is carried',
    standing({ ended: 'failed', deadLetter: 'carried' }),
    'open',
  ],
  ['a failed task whose dead letter is open', standing({ ended: 'failed', deadLetter: 'open' }), 'void'],
  [
    'a failed task whose dead letter was redriven',
    standing({ ended: 'failed', deadLetter: 'redriven' }),
    'void',
  ],
  [
    'a failed task whose dead letter was discarded',
    standing({ ended: 'failed', deadLetter: 'discarded' }),
    'void',
  ],
  ['a redriven task that has a newer number', standing({ number: 4, deadLetter: 'redriven' }), 'void'],
  ['a task that succeeded', standing({ ended: 'succeeded' }), 'void'],
  ['a task that was cancelled', standing({ ended: 'cancelled' }), 'void'],
  ['a task that ended under a lower number', standing({ ended: 'succeeded', number: 2 }), 'void'],
  ['a task with a newer number', standing({ number: 4 }), 'void'],
  ['a running task', standing({ isRunning: true }), 'void'],
  ['a task that is not due', standing({ isDue: false }), 'void'],
  ['a task whose deadline has passed', standing({ isExpired: true }), 'void'],
  ['a task that waits', standing(), 'bystander'],
  ['a task of which the ledger knows only a lower number', standing({ number: 2 }), 'ledger_behind'],
])('the ticket of %s', (_, known, kind) => {
  expect(sortErrorMessage(parsed, known).kind).toBe(kind)
})

test('a ticket without a task is foreign, and so is what is no ticket', () => {
  expect(sortErrorMessage(parsed, null)).toMatchObject({ kind: 'foreign', reason: 'unknown_task' })
  expect(sortErrorMessage({ problem: 'not_json', detail: 'why' }, null)).toEqual({
    kind: 'foreign',
    reason: 'not_json',
    detail: 'why',
  })
})
