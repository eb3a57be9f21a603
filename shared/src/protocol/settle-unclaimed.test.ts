import { describe, expect, test } from '@jest/globals'
import type { KnownStanding } from '../database/index.ts'
import { NO_HANDLER_AFTER_MS, standingKey } from '../task/index.ts'
import { playFlow } from '../testing/play-flow.ts'
import { settleUnclaimed } from './settle-unclaimed.ts'

const ticket = { taskId: '019aa000-0000-7000-8000-000000000001', number: 3 }

function hold(vainClaims = 0) {
  return { ticket, lane: 'normal' as const, vainClaims }
}

function settleOne(
  standing: Partial<KnownStanding> | null,
  answers: Record<string, unknown> = {},
  held = hold(),
) {
  const known = {
    taskId: ticket.taskId,
    ended: null,
    number: 3,
    isRunning: false,
    isDue: true,
    isExpired: false,
    type: 'math.add',
    deadLetter: null,
    unhandledForMs: 0,
    ...standing,
  }
  const readStandings = new Map(standing === null ? [] : [[standingKey(ticket), known]])
  const judging = {
    workerId: 'w',
    host: 'h',
    handles: (type: string) => type === 'math.add',
    sources: { newId: () => 'id' },
  }
  return playFlow(settleUnclaimed([held], judging), { readStandings, ...answers })
}

describe('a ticket that claimed nothing', () => {
  test.each([
    ['a task that succeeded', { ended: 'succeeded' }],
    ['a task that was cancelled', { ended: 'cancelled' }],
    ['a failed task whose dead letter is open', { ended: 'failed', deadLetter: 'open' }],
    ['a task with a higher number', { number: 4 }],
    ['a running task', { isRunning: true }],
    ['a task that is not due', { isDue: false }],
    ['a task whose deadline has passed', { isExpired: true }],
  ] as const)('of %s is acknowledged, and nothing is written', (_, standing) => {
    expect(settleOne(standing).told).toEqual(['readStandings', 'ack', 'ticket.void'])
  })

  test.each([
    ['a failed task whose dead letter is carried', { ended: 'failed', deadLetter: 'carried' }],
    ['no task', null],
  ] as const)('of %s is rejected, never acknowledged', (_, standing) => {
    expect(settleOne(standing).told).toEqual(['readStandings', 'reject'])
  })

  test('of a task that may be claimed waits, and goes back to the broker after ten vain claims', () => {
    expect(settleOne({}).effects.at(-1)).toMatchObject({ do: 'waitAgain', vainClaims: 1, delayMs: 100 })
    expect(settleOne({}, {}, hold(8)).effects.at(-1)).toMatchObject({ vainClaims: 9, delayMs: 900 })
    expect(settleOne({}, {}, hold(9)).told.at(-1)).toBe('giveBack')
  })

  test('whose number the ledger has forgotten is acknowledged after the task has a number above it', () => {
    expect(settleOne({ number: 2 }).told).toEqual([
      'readStandings',
      'returnBystanders',
      'return.committed',
      'ack',
      'ticket.ahead_of_ledger',
    ])
  })
})

describe('a ticket of a type that this worker lacks', () => {
  const standing = { type: 'another.type' }

  test('is acknowledged after the task was given back, and only then', () => {
    const { told } = settleOne(standing, { returnUnhandled: new Set([ticket.taskId]) })
    expect(told).toEqual(['readStandings', 'returnUnhandled', 'return.committed', 'ack', 'task.returned'])
  })

  test('is acknowledged without a word where the task moved on meanwhile', () => {
    const { told } = settleOne(standing, { returnUnhandled: new Set() })
    expect(told).toEqual(['readStandings', 'returnUnhandled', 'return.committed', 'ack'])
  })

  const late = { ...standing, unhandledForMs: NO_HANDLER_AFTER_MS + 1 }

  test('is rejected after its task failed for want of a handler', () => {
    const { told } = settleOne(late, { failUnhandled: new Set([ticket.taskId]) })
    expect(told).toEqual(['readStandings', 'failUnhandled', 'fail.committed', 'reject', 'task.dead_lettered'])
  })

  test('is judged once more where its task did not fail by this answer', () => {
    expect(settleOne(late, { failUnhandled: new Set() }).told.slice(1)).toEqual([
      'failUnhandled',
      'fail.committed',
      'waitAgain',
    ])
  })
})

test.each([
  ['readStandings', {}],
  ['returnBystanders', { number: 2 }],
  ['returnUnhandled', { type: 'another.type' }],
  ['failUnhandled', { type: 'another.type', unhandledForMs: NO_HANDLER_AFTER_MS + 1 }],
] as const)('when %s has no answer, the ticket is not settled', (statement, standing) => {
  const { told, error } = settleOne(standing, { [statement]: new Error('gone') })
  expect(error).toEqual(new Error('gone'))
  expect(told.at(-1)).toBe(statement)
})
