import { expect, test } from '@jest/globals'
import { type ExplainedTask, explainTask } from './explain-task.ts'
import { TASK_STATES } from './task-state.ts'

const at = (second: number): Date => new Date(Date.UTC(2026, 2, 1, 9, 30, second))
const error = { type: 'TypeError', message: 'no address' }
const attempt = {
  attempt: 1,
  outcome: 'failed',
  isCharged: true,
  workerId: 'w1',
  host: 'host-1',
  error,
  decision: null,
}

const task: ExplainedTask = {
  type: 'demo.work',
  lane: 'normal',
  state: 'waiting',
  attempt: 0,
  maxAttempts: 5,
  chargedAttempts: 0,
  createdAt: at(0),
  runAt: at(1),
  finishedAt: null,
  expiresAt: null,
  error: null,
  returnReason: null,
  losses: null,
  attempts: [],
  deadLetters: [],
  history: [],
}

test.each(TASK_STATES)('a task that is %s has a story that says so', (state) => {
  const story = explainTask({ ...task, state, finishedAt: at(9) })
  expect(story).toContain(state === 'failed' ? 'failed for good' : state)
  expect(story).not.toMatch(/undefined|null|\.\.|\[object/)
})

test('a failed task tells its attempts, its error, the decision and where its dead letter is', () => {
  const last = { ...attempt, attempt: 2, workerId: 'w2', host: null, decision: 'All 2 attempts are used up.' }
  const story = explainTask({
    ...task,
    state: 'failed',
    finishedAt: at(5),
    error,
    attempts: [attempt, last],
    deadLetters: [{ state: 'open', diedAt: at(5) }],
  })
  expect(story).toContain('2 attempts were made, on 2 workers (worker w1 on host-1, worker w2): 2 failed.')
  expect(story).toContain('The last error was TypeError: no address.')
  expect(story).toContain(
    'It failed for good at 2026-03-01T09:30:05.000Z. All 2 attempts are used up. Its dead letter is open',
  )
})

test('what operators did is told with who and why', () => {
  const history = [{ at: at(7), actor: 'administrator', action: 'dead_letter.redriven', reason: 'fixed' }]
  expect(explainTask({ ...task, history })).toContain(
    'administrator redrove it at 2026-03-01T09:30:07.000Z ("fixed").',
  )
})

test('of many acts the latest are told, and a look at its input is none', () => {
  const act = { at: at(7), actor: 'administrator', action: 'dead_letter.restored', reason: null }
  const history = [...Array.from({ length: 12 }, () => act), { ...act, action: 'input.revealed' }]
  const story = explainTask({ ...task, history })
  expect(story.match(/opened its discarded dead letter again/g)).toHaveLength(10)
  expect(story).toContain('2 earlier acts stand in its timeline.')
  expect(story).not.toContain('reveal')
})

test('returns and losses are told', () => {
  const story = explainTask({ ...task, returnReason: 'no worker here has its type', losses: 1 })
  expect(story).toContain('given back without charge: no worker here has its type.')
  expect(story).toContain('One worker died while running it.')
})

test('a deadline is told while the task is open, and no more when it has ended otherwise', () => {
  const expiresAt = at(30)
  expect(explainTask({ ...task, expiresAt })).toContain(
    'It expires unless an attempt begins before 2026-03-01T09:30:30.000Z.',
  )
  expect(explainTask({ ...task, state: 'running', attempt: 1, expiresAt })).toContain(
    'Its deadline is 2026-03-01T09:30:30.000Z: if this attempt fails, another must begin before.',
  )
  expect(explainTask({ ...task, state: 'succeeded', finishedAt: at(9), expiresAt })).not.toContain('09:30:30')
})

test('an expired task says whether it had run, and what its last error was', () => {
  const expired = { ...task, state: 'expired', finishedAt: at(31), expiresAt: at(30) } as const
  expect(explainTask(expired)).toContain(
    'It expired at 2026-03-01T09:30:31.000Z: its deadline 2026-03-01T09:30:30.000Z passed before it could run, and it will not run.',
  )
  const retried = explainTask({ ...expired, attempt: 1, attempts: [attempt] })
  expect(retried).toContain('The last error was TypeError: no address.')
  expect(retried).toContain('passed while it waited for attempt 2, and it will not run.')
})

test('a retrying task says what its policy decided, or how many attempts are used', () => {
  const retrying = { ...task, state: 'retrying', attempt: 1, chargedAttempts: 1, runAt: at(20) } as const
  const decision = 'Another attempt follows in 8 s, as the error asked; 4 of 5 are left.'
  expect(explainTask({ ...retrying, attempts: [{ ...attempt, decision }] })).toContain(
    `the next attempt is due at 2026-03-01T09:30:20.000Z. ${decision}`,
  )
  const later = { ...attempt, outcome: 'run_later', decision: 'closed' }
  expect(explainTask({ ...retrying, chargedAttempts: 0, attempts: [later] })).toContain(
    'due at 2026-03-01T09:30:20.000Z; 0 of 5 attempts are used.',
  )
})
