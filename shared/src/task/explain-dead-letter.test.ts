import { expect, test } from '@jest/globals'
import { type ExplainedDeadLetter, explainDeadLetter } from './explain-dead-letter.ts'

const at = (second: number): Date => new Date(Date.UTC(2026, 2, 1, 9, 30, second))

const letter: ExplainedDeadLetter = {
  taskId: 'T1',
  type: 'demo.work',
  lane: 'low',
  state: 'open',
  reason: 'attempts_exhausted',
  decision: 'All 3 attempts are used up.',
  error: { type: 'Error', message: 'the emulated failure', code: 'EMULATED' },
  diedAt: at(1),
  openedBy: 'recorder',
  broker: { queue: 'redrive.v1.low', reason: 'rejected', time: '2026-03-01T09:30:01.000Z', count: 1 },
  closedAt: null,
  closedBy: null,
  closingReason: null,
  attempts: [1, 2, 3].map((attempt) => {
    return {
      attempt,
      outcome: attempt === 2 ? 'lost' : 'failed',
      isCharged: attempt !== 2,
      workerId: 'w',
      host: 'h',
      error: null,
    }
  }),
}

test('a dead letter of a task tells its attempts, its last error, the decision and the broker’s evidence', () => {
  expect(explainDeadLetter(letter)).toBe(
    'Task T1 of type demo.work in the lane "low" failed for good at 2026-03-01T09:30:01.000Z because its last allowed attempt failed. ' +
      '3 attempts were made, on worker w on h, 1 of them without charge: 2 failed, 1 lost with its worker. ' +
      'The last error was Error (EMULATED): the emulated failure. All 3 attempts are used up. ' +
      'RabbitMQ says that it was rejected by its consumer in the queue redrive.v1.low at 2026-03-01T09:30:01.000Z. ' +
      'It is open: it can be redriven, with an edited input if need be, or discarded.',
  )
})

test('one that reconcile opened says that the broker never delivered it', () => {
  expect(explainDeadLetter({ ...letter, broker: null, openedBy: 'reconcile' })).toContain(
    'RabbitMQ never delivered its ticket',
  )
})

test('one that is carried says that it opens by itself', () => {
  const story = explainDeadLetter({
    ...letter,
    state: 'carried',
    broker: null,
    openedBy: null,
    attempts: null,
  })
  expect(story).toContain('opens by itself')
  expect(story).not.toContain('RabbitMQ')
})

test.each(['redriven', 'discarded'] as const)('one that was %s says by whom, when and why', (state) => {
  const story = explainDeadLetter({
    ...letter,
    state,
    closedAt: at(9),
    closedBy: 'administrator',
    closingReason: 'as agreed',
  })
  expect(story).toContain('by administrator at 2026-03-01T09:30:09.000Z ("as agreed").')
})

test('a foreign message says why it is not ours and what can be done with it', () => {
  const error = { type: 'ForeignMessage', message: 'Unexpected token' }
  const story = explainDeadLetter({
    ...letter,
    taskId: null,
    type: null,
    reason: 'not_json',
    decision: '',
    error,
    attempts: null,
  })
  expect(story).toContain('it is not JSON')
  expect(story).toContain('sent back to the queue where it died')
})
