import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { TASK_STATES } from './task-state.ts'
import { tellTimeline } from './tell-timeline.ts'
import type { TimelineAttempt, TimelineDeath, TimelineFacts, TimelineTask } from './timeline-facts.ts'

const at = (second: number, ms = 0): Date => new Date(Date.UTC(2026, 2, 1, 9, 30, second, ms))

const task: TimelineTask = {
  type: 'demo.work',
  lane: 'low',
  state: 'failed',
  number: 2,
  attempt: 2,
  createdAt: at(0),
  firstRunAt: at(0),
  runAt: at(2),
  confirmedAt: null,
  finishedAt: at(4),
  expiresAt: null,
}

const error = { type: 'TypeError', message: 'no address', code: 'E_ADDRESS' }

const attempt: TimelineAttempt = {
  attempt: 1,
  number: 1,
  outcome: 'failed',
  isCharged: true,
  workerId: 'w1',
  host: 'host-1',
  workerVersion: '1.2.3',
  startedAt: at(1),
  endedAt: at(1, 500),
  error,
  progress: { done: 40, total: 100, note: 'half way' },
  decision: 'Attempt 1 of 2 failed; another follows in 500 ms.',
  note: null,
  evidence: null,
}

const last: TimelineAttempt = {
  ...attempt,
  attempt: 2,
  number: 2,
  startedAt: at(3),
  endedAt: at(4),
  progress: null,
  decision: 'All 2 attempts are used up.',
}

const death: TimelineDeath = {
  id: 'D1',
  taskId: 'T1',
  number: 2,
  state: 'open',
  reason: 'attempts_exhausted',
  decision: 'All 2 attempts are used up.',
  fingerprint: 'f1',
  error,
  broker: { queue: 'redrive.v1.low', reason: 'rejected', time: '2026-03-01T09:30:04.000Z', count: 1 },
  rawBytes: null,
  rawContentType: null,
  diedAt: at(4),
  openedAt: at(4, 30),
  openedBy: 'recorder',
  closedAt: null,
  closedBy: null,
  closingReason: null,
}

const facts: TimelineFacts = { task, attempts: [attempt, last], deaths: [death], acts: [] }

const act = {
  at: at(9),
  actor: 'administrator',
  action: 'dead_letter.redriven',
  reason: 'fixed',
  deadLetterId: 'D1',
  details: { edited: true, lane: 'high', attempts: 3 },
}

const told = (changes: Partial<TimelineFacts>): string[] =>
  tellTimeline({ ...facts, ...changes }).map(({ at: when, kind, text }) => {
    return `${when.toISOString().slice(14)} ${kind}: ${text}`
  })

test('a failed task is told from its acceptance to its dead letter', () => {
  expect(told({})).toEqual([
    '30:00.000Z accepted: The task of type demo.work was accepted and stored.',
    '30:01.000Z attempt_started: Attempt 1 began on worker w1 on host-1, version 1.2.3.',
    '30:01.500Z attempt_ended: Attempt 1 failed after 500 ms, charged. TypeError (E_ADDRESS): no address. Its progress was 40 of 100 (half way).',
    '30:01.500Z decided: Attempt 1 of 2 failed; another follows in 500 ms.',
    '30:03.000Z attempt_started: Attempt 2 began on worker w1 on host-1, version 1.2.3.',
    '30:04.000Z attempt_ended: Attempt 2 failed after 1,000 ms, charged. TypeError (E_ADDRESS): no address.',
    '30:04.000Z decided: All 2 attempts are used up.',
    '30:04.000Z died: The task failed for good because its last allowed attempt failed. Its dead letter was written, and its ticket goes to the error queue.',
    '30:04.000Z carried: RabbitMQ says that it was rejected by its consumer in the queue redrive.v1.low at 2026-03-01T09:30:04.000Z.',
    '30:04.030Z opened: The recorder took the ticket from the error queue and opened the dead letter.',
  ])
})

test('a second life follows the act that began it, and both deaths stay', () => {
  const again = { ...last, attempt: 3, number: 3, startedAt: at(10), endedAt: at(11) }
  const second = {
    ...death,
    id: 'D2',
    number: 3,
    diedAt: at(11),
    openedAt: null,
    openedBy: null,
    broker: null,
  }
  const redriven = { ...death, state: 'redriven', closedAt: at(9), closedBy: 'administrator' } as const
  const lines = told({
    attempts: [attempt, last, again],
    deaths: [redriven, { ...second, state: 'carried' }],
    acts: [act],
  })
  expect(lines.slice(-5)).toEqual([
    '30:09.000Z act: administrator sent it back for a new life, with an edited input, in the lane "high", with 3 attempts ("fixed").',
    '30:10.000Z attempt_started: Attempt 3 began on worker w1 on host-1, version 1.2.3.',
    '30:11.000Z attempt_ended: Attempt 3 failed after 1,000 ms, charged. TypeError (E_ADDRESS): no address.',
    '30:11.000Z decided: All 2 attempts are used up.',
    '30:11.000Z died: The task failed for good because its last allowed attempt failed. Its dead letter was written, and its ticket goes to the error queue.',
  ])
})

test('entries name what they are about', () => {
  const entries = tellTimeline({ ...facts, acts: [act] })
  expect(entries.find(({ kind }) => kind === 'attempt_ended')).toMatchObject({
    attempt: 1,
    durationMs: 500,
    isCharged: true,
    error,
  })
  expect(entries.find(({ kind }) => kind === 'died')).toMatchObject({ deadLetterId: 'D1', fingerprint: 'f1' })
  expect(entries.at(-1)).toMatchObject({ kind: 'act', actor: 'administrator', reason: 'fixed' })
})

describe('what is not known is not told', () => {
  const evidence = {
    exitCode: null,
    signal: 'SIGKILL',
    memoryPeakBytes: 536_870_912,
    lastOutput: ['one', 'two'],
  }

  test.each<[string, Partial<TimelineAttempt>, string]>([
    [
      'a worker that is forgotten',
      { host: null, workerVersion: null },
      'began on worker w1, of which nothing else is recorded any more.',
    ],
    [
      'a lost attempt, whose end nobody saw',
      { outcome: 'lost', isCharged: false, error: null, progress: null },
      'Attempt 1 was lost with its worker, noticed 500 ms after it began, not charged.',
    ],
    [
      'a crash that its parent saw',
      { outcome: 'lost', error: null, progress: null, evidence },
      'Attempt 1 died with its process, noticed 500 ms after it began, charged. Its process ended by SIGKILL; memory peak 537 MB; last output: "one", "two".',
    ],
    [
      'a crash of which little is known',
      {
        outcome: 'failed',
        error: null,
        progress: null,
        evidence: { exitCode: null, signal: null, memoryPeakBytes: null, lastOutput: [] },
      },
      'Its process ended in a way that was not seen; it wrote nothing.',
    ],
    [
      'an exit code',
      { evidence: { exitCode: 134, signal: null, memoryPeakBytes: null, lastOutput: [] } },
      'Its process ended with exit code 134; it wrote nothing.',
    ],
    [
      'an outcome that came too late',
      { note: { outcome: 'succeeded', at: '2026-03-01T09:30:02.000Z' } },
      '30:02.000Z late_outcome: Worker w1 reported too late that the attempt succeeded; this does not count.',
    ],
    [
      'a note in a form of its own',
      { note: { outcome: 7, at: 'never' } },
      '30:01.500Z late_outcome: Worker w1 reported too late that the attempt ended; this does not count.',
    ],
    ['progress without a total', { progress: { done: 3 } }, 'Its progress was 3.'],
  ])('%s', (_case, changes, line) => {
    expect(told({ attempts: [{ ...attempt, ...changes }] }).join('\n')).toContain(line)
  })

  test.each<[string, Partial<TimelineDeath>, string | null]>([
    ['a carried one', { state: 'carried', broker: null, openedAt: null, openedBy: null }, null],
    [
      'one that reconcile opened',
      { broker: null, openedBy: 'reconcile' },
      'Reconcile opened the dead letter from the ledger alone',
    ],
    [
      'a broker without a time',
      { broker: { queue: 'q', reason: 'maxlen' } },
      '30:04.030Z carried: RabbitMQ says',
    ],
    [
      'a broker whose clock is an hour behind',
      { broker: { ...death.broker, time: '2026-03-01T08:30:04Z' } },
      '30:04.000Z carried',
    ],
    [
      'a broker whose clock is ahead',
      { broker: { ...death.broker, time: '2027-03-01T08:30:04Z' } },
      '30:04.030Z carried',
    ],
    [
      'a closing without its act',
      { state: 'discarded', closedAt: at(8), closedBy: null, closingReason: 'old' },
      '30:08.000Z act: The dead letter was discarded, by whom was not recorded ("old").',
    ],
    [
      'a decision that no attempt has',
      { number: 7, decision: 'No worker came.' },
      '30:04.000Z decided: No worker came.',
    ],
  ])('%s', (_case, changes, line) => {
    const lines = told({ deaths: [{ ...death, ...changes }] }).join('\n')
    if (line === null) expect(lines).not.toMatch(/carried|opened/)
    else expect(lines).toContain(line)
  })
})

test.each<[string, Partial<TimelineTask>, string | null]>([
  [
    'scheduled',
    { state: 'scheduled', attempt: 0, firstRunAt: at(50), runAt: at(50) },
    '30:50.000Z due: It is due at this time.',
  ],
  ['retrying', { state: 'retrying', runAt: at(50) }, '30:50.000Z due: Its next attempt is due at this time.'],
  [
    'waiting',
    { state: 'waiting' },
    'due: It has been due since this time; its ticket goes to RabbitMQ when its turn comes.',
  ],
  [
    'queued',
    { state: 'queued', confirmedAt: at(5) },
    '30:05.000Z queued: RabbitMQ confirmed its ticket, dispatch 2.',
  ],
  ['succeeded', { state: 'succeeded' }, '30:04.000Z succeeded: The task succeeded with attempt 2.'],
  [
    'expired with a deadline',
    { state: 'expired', attempt: 0, expiresAt: at(3) },
    'expired: The task expired: its deadline, 2026-03-01T09:30:03.000Z, had passed. It never ran.',
  ],
  [
    'expired after an attempt',
    { state: 'expired', attempt: 1 },
    'its deadline had passed. One attempt had been made.',
  ],
  ['cancelled by nobody known', { state: 'cancelled' }, 'The task was cancelled; by whom was not recorded.'],
  ['delayed', { firstRunAt: at(1) }, '30:01.000Z due: It was to run from this time on.'],
  ['running', { state: 'running' }, null],
])('a task that is %s says so', (_state, changes, line) => {
  const lines = told({ task: { ...task, ...changes }, attempts: [], deaths: [] })
  if (line === null) expect(lines).toHaveLength(1)
  else expect(lines.join('\n')).toContain(line)
})

test('a cancellation is told once, with who and why', () => {
  const cancelled = { ...act, action: 'task.cancelled', details: {}, deadLetterId: null, reason: 'no need' }
  const lines = told({ task: { ...task, state: 'cancelled' }, attempts: [], deaths: [], acts: [cancelled] })
  expect(lines.filter((line) => line.includes('cancelled'))).toEqual([
    '30:09.000Z act: administrator cancelled the task ("no need").',
  ])
})

test('a foreign message is told by what it is', () => {
  const foreign = {
    ...death,
    taskId: null,
    number: null,
    rawBytes: 1_234,
    rawContentType: null,
    error: { type: 'ForeignMessage', message: 'the body is not JSON' },
  }
  const lines = told({ task: null, attempts: [], deaths: [foreign] })
  expect(lines[0]).toBe(
    '30:04.000Z received: A message of 1,234 bytes, without a content type, came through the error queue and was kept as it is. ForeignMessage: the body is not JSON.',
  )
  expect(lines).toHaveLength(2)
})

test('of very many attempts, the newest are told, and how many are not', () => {
  const attempts = Array.from({ length: 250 }, (_, index) => ({ ...attempt, attempt: index + 1 }))
  const lines = told({ attempts, deaths: [] })
  expect(lines.filter((line) => line.includes('attempt_started'))).toHaveLength(200)
  expect(lines[1]).toBe('30:01.000Z left_out: 50 attempts before this one are left out here.')
})

test('a gap between the attempts of two lives says how many are not told', () => {
  const later = { ...last, attempt: 7, number: 7, startedAt: at(20), endedAt: at(21) }
  expect(told({ attempts: [attempt, last, later] })).toContain(
    '30:20.000Z left_out: 4 attempts before this one are left out here.',
  )
})

test('whatever the facts, entries are in order, and no sentence has a hole', () => {
  const instant = fc.integer({ min: 0, max: 100 }).map((second) => at(second))
  const someTask = fc.record({
    state: fc.constantFrom(...TASK_STATES),
    confirmedAt: fc.option(instant),
    finishedAt: fc.option(instant),
    expiresAt: fc.option(instant),
    firstRunAt: instant,
    runAt: instant,
  })
  const someAttempt = fc.record({
    startedAt: instant,
    endedAt: fc.option(instant),
    host: fc.option(fc.constant('host-1')),
    outcome: fc.constantFrom('failed', 'lost', 'returned', 'run_later', 'odd'),
    error: fc.constantFrom(null, error),
    note: fc.option(
      fc.dictionary(
        fc.constantFrom('at', 'outcome'),
        fc.constantFrom('never', 'succeeded', 'odd', 7, {}, '2026-03-01T09:30:02.000Z'),
      ),
    ),
  })
  const someDeath = fc.record({ openedAt: fc.option(instant), closedAt: fc.option(instant), diedAt: instant })
  fc.assert(
    fc.property(someTask, fc.array(someAttempt), fc.array(someDeath), (changes, attempts, deaths) => {
      const entries = tellTimeline({
        task: { ...task, ...changes },
        attempts: attempts.map((one, index) => ({ ...attempt, ...one, attempt: index + 1 })),
        deaths: deaths.map((one) => ({ ...death, ...one })),
        acts: [act],
      })
      const times = entries.map(({ at: when }) => when.getTime())
      expect(times).toEqual(times.toSorted((one, other) => one - other))
      for (const { text } of entries) expect(text).not.toMatch(/undefined|null|NaN|\[object|\.\.|,,/)
    }),
  )
})
