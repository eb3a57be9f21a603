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

test('returns and losses are told', () => {
  const story = explainTask({ ...task, returnReason: 'no worker here has its type', losses: 1 })
  expect(story).toContain('given back without charge: no worker here has its type.')
  expect(story).toContain('One worker died while running it.')
})
