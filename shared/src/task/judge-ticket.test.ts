import { describe, expect, test } from '@jest/globals'
import { judgeTicket, type TicketStanding, type TicketVerdict } from './judge-ticket.ts'

const standing = (changes: Partial<TicketStanding>): TicketStanding => ({
  taskId: 'task',
  ended: null,
  number: 3,
  isRunning: false,
  isDue: true,
  isExpired: false,
  type: 'known',
  deadLetter: null,
  ...changes,
})

const cases: [string, TicketStanding | null, TicketVerdict][] = [
  ['of a task that does not exist is rejected', null, 'reject'],
  [
    'whose dead letter is on its way is rejected again',
    standing({ ended: 'failed', deadLetter: 'carried' }),
    'reject',
  ],
  ['whose dead letter has arrived is void', standing({ ended: 'failed', deadLetter: 'open' }), 'void'],
  ['whose dead letter was redriven is void', standing({ number: 4, deadLetter: 'redriven' }), 'void'],
  ['of a succeeded task is void', standing({ ended: 'succeeded' }), 'void'],
  ['of a cancelled task is void', standing({ ended: 'cancelled' }), 'void'],
  ['with a lower number is void', standing({ number: 4 }), 'void'],
  ['of a running task is void', standing({ isRunning: true }), 'void'],
  ['of a task that is not due is left to release', standing({ isDue: false }), 'not_due'],
  ['of a task whose deadline has passed is void', standing({ isExpired: true }), 'void'],
  ['with a higher number finds the ledger behind', standing({ number: 2 }), 'ledger_behind'],
  ['with a higher number of an ended task is void', standing({ number: 2, ended: 'succeeded' }), 'void'],
  ['of a type that nobody here runs is unhandled', standing({ type: 'other' }), 'unhandled'],
  ['that may start after all is claimed again', standing({}), 'claim_again'],
]

describe('a ticket that claimed nothing', () => {
  test.each(cases)('%s', (_name, known, verdict) => {
    expect(judgeTicket(3, known, (type) => type === 'known')).toBe(verdict)
  })
})
