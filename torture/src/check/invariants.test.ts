import { describe, expect, test } from '@jest/globals'
import type { Evidence, TaskFact } from './evidence.ts'
import { INVARIANTS } from './invariants.ts'

function task(changes: Partial<TaskFact> = {}): TaskFact {
  return {
    id: 't1',
    type: 'torture.fast',
    state: 'succeeded',
    attempt: 1,
    chargedAttempts: 1,
    maxAttempts: 5,
    op: 'op-1',
    result: { op: 'op-1' },
    ...changes,
  }
}

function tasks(...all: readonly TaskFact[]): Pick<Evidence, 'tasks'> {
  return { tasks: new Map(all.map((one) => [one.id, one])) }
}

const submission = {
  op: 'op-1',
  type: 'torture.fast',
  askedAtMs: 0,
  count: 1,
  key: 'op-1',
  ids: ['t1'],
  outcome: 'ok',
} as const

const QUEUE = { name: 'q', messages: 0, ready: 0, unacknowledged: 0, consumers: 1, wantedConsumers: 1 }
const SEEN = { taskId: 't1', askedAtMs: 1, atMs: 2, result: null }

/** One task that was submitted, ran and succeeded. */
const CLEAN: Evidence = {
  known: { submissions: [submission], sightings: [], commands: [], redrives: [], refusals: [] },
  history: [],
  ...tasks(task()),
  openIds: new Set(),
  attempts: [{ taskId: 't1', attempt: 1, outcome: 'succeeded', isCharged: true }],
  deadLetters: [],
  audit: [],
  runs: [
    { what: 'began', taskId: 't1', attempt: 1 },
    { what: 'ended', taskId: 't1', attempt: 1 },
  ],
  queues: [QUEUE],
  processes: [{ name: 'api-1', mostMemoryBytes: 1, mostFiles: 1 }],
  unready: [],
  injections: [],
}

function broken(changes: Partial<Evidence>): readonly string[] {
  const evidence = { ...CLEAN, ...changes }
  return INVARIANTS.filter(({ violations }) => violations(evidence).length > 0).map(({ id }) => id)
}

function knowing(changes: Partial<Evidence['known']>): Partial<Evidence> {
  return { known: { ...CLEAN.known, ...changes } }
}

const failed = task({ state: 'failed', type: 'torture.broken', result: null })
const attemptFailed = {
  attempts: [{ taskId: 't1', attempt: 1, outcome: 'failed', isCharged: true }],
  runs: [{ what: 'began', taskId: 't1', attempt: 1 } as const],
}
const deadLetter = { id: 'd1', taskId: 't1', state: 'open' }

describe('every invariant can be broken', () => {
  test('and a run in which nothing went wrong breaks none', () => {
    expect(broken({})).toEqual([])
    expect(broken({ ...tasks(failed), ...attemptFailed, deadLetters: [deadLetter] })).toEqual([])
  })

  test.each<readonly [string, string, Partial<Evidence>]>([
    ['I1', 'an accepted task that is nowhere', { ...tasks(), attempts: [], runs: [] }],
    [
      'I1',
      'a task that is still open',
      { ...tasks(task({ state: null })), openIds: new Set(['t1']), attempts: [], runs: [] },
    ],
    [
      'I1',
      'a task that nobody is responsible for',
      { ...tasks(task({ state: null })), attempts: [], runs: [] },
    ],
    ['I1', 'a task that has ended and is open', { openIds: new Set(['t1']) }],
    [
      'I2',
      'two attempts that succeeded',
      {
        ...tasks(task({ attempt: 2 })),
        attempts: [1, 2].map((attempt) => ({ taskId: 't1', attempt, outcome: 'succeeded', isCharged: true })),
        runs: [1, 2].flatMap((attempt) => [
          { what: 'began', taskId: 't1', attempt } as const,
          { what: 'ended', taskId: 't1', attempt } as const,
        ]),
      },
    ],
    ['I2', 'a success that no handler made', { runs: [{ what: 'began', taskId: 't1', attempt: 1 }] }],
    [
      'I9',
      'a success that was seen and is another one',
      knowing({ sightings: [{ ...SEEN, state: 'succeeded', result: { op: 'other' } }] }),
    ],
    ['I9', 'an ending that was seen and is gone', knowing({ sightings: [{ ...SEEN, state: 'cancelled' }] })],
    [
      'I9',
      'a failure that was seen, is gone, and was not redriven',
      knowing({ sightings: [{ ...SEEN, state: 'failed' }] }),
    ],
    [
      'I9',
      'an ending that somebody was told before another was told that it runs',
      knowing({
        sightings: [
          { ...SEEN, state: 'succeeded', result: { op: 'op-1' } },
          { ...SEEN, askedAtMs: 3, atMs: 4, state: 'running' },
        ],
      }),
    ],
    ['I9', 'an accepted task that is not found', { history: [{ atMs: 1, event: 'violation.read' }] }],
    ['I2', 'a success without an attempt', { attempts: [] }],
    [
      'I2',
      'a failure of a run that ended well',
      { ...tasks(failed), ...attemptFailed, runs: CLEAN.runs, deadLetters: [deadLetter] },
    ],
    ['I1', 'an open row of no task', { openIds: new Set(['t9']) }],
    [
      'I3',
      'an attempt that was lost and is charged',
      { attempts: [{ taskId: 't1', attempt: 1, outcome: 'lost', isCharged: true }] },
    ],
    ['I3', 'a charge that no attempt explains', { ...tasks(task({ chargedAttempts: 2 })) }],
    [
      'I4',
      'a dead letter that never arrived',
      { ...tasks(failed), ...attemptFailed, deadLetters: [{ ...deadLetter, state: 'carried' }] },
    ],
    [
      'I5',
      'a key that is never answered',
      knowing({ submissions: [{ ...submission, ids: null, outcome: 'unknown' }] }),
    ],
    [
      'I7',
      'a process that keeps files open',
      { processes: [{ name: 'api-1', mostMemoryBytes: 1, mostFiles: 900 }] },
    ],
    ['I8', 'a queue that is gone', { queues: [{ ...QUEUE, messages: -1, ready: -1 }] }],
    ['I8', 'a queue that is not drained', { queues: [{ ...QUEUE, messages: 1, ready: 1 }] }],
    [
      'I8',
      'a fault after which nothing flowed any more',
      {
        injections: [
          { fault: 'kill-api', madeAtMs: 1, healedAtMs: 2, recoveredAfterMs: null, isHindered: false },
        ],
      },
    ],
    [
      'I8',
      'a service that fails when it is told to stop',
      { history: [{ atMs: 1, event: 'violation.exit' }] },
    ],
    ['I10', 'a cancelled task that nobody cancelled', { ...tasks(task({ state: 'cancelled' })) }],
    [
      'I10',
      'a task that was cancelled and succeeded',
      { audit: [{ action: 'task.cancelled', deadLetterId: null, taskId: 't1' }] },
    ],
    ['I3', 'an attempt without its record', { ...tasks(task({ attempt: 2 })) }],
    ['I3', 'an attempt that began twice', { runs: [...CLEAN.runs, CLEAN.runs[0]!] }],
    [
      'I3',
      'a run that the ledger knows nothing of',
      { runs: [...CLEAN.runs, { what: 'began', taskId: 't1', attempt: 2 }] },
    ],
    ['I3', 'more charged attempts than allowed', { ...tasks(task({ chargedAttempts: 6 })) }],
    ['I4', 'a failed task without a dead letter', { ...tasks(failed), ...attemptFailed }],
    [
      'I4',
      'a failed task with two',
      { ...tasks(failed), ...attemptFailed, deadLetters: [deadLetter, { ...deadLetter, id: 'd2' }] },
    ],
    ['I4', 'a dead letter of a task that succeeded', { deadLetters: [deadLetter] }],
    [
      'I5',
      'two tasks of one submission',
      {
        ...tasks(task(), task({ id: 't2' })),
        attempts: [...CLEAN.attempts, { taskId: 't2', attempt: 1, outcome: 'succeeded', isCharged: true }],
        runs: [
          ...CLEAN.runs,
          { what: 'began', taskId: 't2', attempt: 1 },
          { what: 'ended', taskId: 't2', attempt: 1 },
        ],
      },
    ],
    ['I5', 'two answers for one key', { history: [{ atMs: 1, event: 'violation.key' }] }],
    [
      'I6',
      'an innocent task that failed',
      { ...tasks(task({ state: 'failed' })), ...attemptFailed, deadLetters: [deadLetter] },
    ],
    ['I7', 'a process that grew', { processes: [{ name: 'api-1', mostMemoryBytes: 2e9, mostFiles: 1 }] }],
    ['I7', 'a refusal that took for ever', knowing({ refusals: [{ status: 503, durationMs: 30_000 }] })],
    ['I8', 'a service that is not ready again', { unready: ['api-1 is not ready'] }],
    ['I8', 'a message that is stuck inside a queue', { queues: [{ ...QUEUE, messages: 1 }] }],
    ['I8', 'a queue that nobody consumes', { queues: [{ ...QUEUE, consumers: 0 }] }],
    ['I9', 'a task that nobody submitted', { ...tasks(task(), task({ id: 't2', op: null, attempt: 0 })) }],
    [
      'I9',
      'a task that was refused',
      knowing({ submissions: [{ ...submission, ids: null, outcome: 'fail' }] }),
    ],
    [
      'I10',
      'a dead letter that was redriven without a trace',
      { deadLetters: [{ ...deadLetter, state: 'redriven' }] },
    ],
  ])('%s: %s', (id, _, changes) => {
    expect(broken(changes)).toContain(id)
  })
})
