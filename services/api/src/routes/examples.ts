import type {
  DeadLetterResource,
  GroupDetailResource,
  GroupResource,
  QueueResource,
  TaskResource,
  ListedAuditEntry,
  TimelineEntryResource,
} from '@redrive/shared/contract'
import { DEFAULT_RETRY_POLICY } from '@redrive/shared/task'

const TASK_ID = '019b1f2e-7c1a-7d7e-9d5e-0a5b7f3c2d11'
const DEAD_LETTER_ID = '019b1f30-1b02-7c55-8a10-6f3d1f8e4b27'
const WORKER_ID = '019b1f00-90ab-7def-8123-456789abcdef'
const ERROR = {
  type: 'Error',
  message: 'the emulated failure',
  stack: 'Error: the emulated failure\n    at work (demo-work.ts:31:11)',
}

const task: TaskResource = {
  id: TASK_ID,
  tenant: 'default',
  type: 'math.add',
  lane: 'normal',
  state: 'waiting',
  input: { a: 2, b: 3 },
  result: null,
  error: null,
  progress: null,
  attempt: 0,
  maxAttempts: 5,
  timeoutMs: null,
  retry: null,
  user: null,
  tags: ['invoices'],
  createdAt: '2026-03-01T09:30:00.000Z',
  runAt: '2026-03-01T09:30:00.000Z',
  startedAt: null,
  finishedAt: null,
  expiresAt: null,
  callbackUrl: null,
}

const succeeded: TaskResource = {
  ...task,
  state: 'succeeded',
  result: { sum: '5' },
  attempt: 1,
  startedAt: '2026-03-01T09:30:00.004Z',
  finishedAt: '2026-03-01T09:30:00.005Z',
}

const attempt = {
  attempt: 1,
  dispatch: 1,
  outcome: 'succeeded',
  isCharged: true,
  workerId: WORKER_ID,
  host: 'worker-1',
  workerVersion: '0.1.0',
  startedAt: '2026-03-01T09:30:00.004Z',
  endedAt: '2026-03-01T09:30:00.005Z',
  error: null,
  progress: null,
  decision: null,
  note: null,
  evidence: null,
} as const

const deadLetter: DeadLetterResource = {
  id: DEAD_LETTER_ID,
  taskId: TASK_ID,
  tenant: 'default',
  type: 'demo.work',
  lane: 'normal',
  user: null,
  tags: [],
  state: 'open',
  reason: 'attempts_exhausted',
  error: ERROR,
  fingerprint: '4f1c0a9be2d7',
  broker: {
    queue: 'redrive.v1.normal',
    exchange: 'redrive.tasks',
    routingKey: 'redrive.v1.normal',
    reason: 'rejected',
    count: 1,
    time: '2026-03-01T09:30:02.000Z',
    headers: {},
  },
  evidence: null,
  diedAt: '2026-03-01T09:30:02.000Z',
  openedAt: '2026-03-01T09:30:02.010Z',
  closedAt: null,
  closedBy: null,
  closingReason: null,
  retainedUntil: null,
  attemptCount: 1,
  workerVersion: '2.4.1',
  redriveId: null,
  input: { durationMs: 100, failureRate: 1 },
  attempts: [{ ...attempt, outcome: 'failed', error: ERROR, decision: 'The only attempt is used up.' }],
  raw: null,
  explanation: `Task ${TASK_ID} of type demo.work failed for good because its last allowed attempt failed.`,
}

const group: GroupResource = {
  fingerprint: '4f1c0a9be2d7',
  title: 'Error: the emulated failure',
  state: 'regressed',
  counts: { all: 40, carried: 0, open: 30, redriven: 10, discarded: 0 },
  firstSeenAt: '2026-02-27T03:12:09.120Z',
  lastSeenAt: '2026-03-01T09:30:02.000Z',
  hourly: [...Array.from({ length: 22 }, () => 0), 12, 18],
  types: [{ name: 'demo.work', count: 40 }],
  workerVersions: [
    { name: '2.4.1', count: 30 },
    { name: '2.4.0', count: 10 },
  ],
  tenants: [{ name: 'default', state: 'regressed', count: 40 }],
  tenantCount: 1,
  example: {
    id: DEAD_LETTER_ID,
    taskId: TASK_ID,
    tenant: 'default',
    type: 'demo.work',
    state: 'open',
    reason: 'attempts_exhausted',
    diedAt: '2026-03-01T09:30:02.000Z',
  },
  ignored: null,
  stateChangedAt: '2026-03-01T08:01:12.004Z',
  stateChangedBy: 'redrive',
  stateReason: null,
  noteCount: 1,
}

const groupDetail: GroupDetailResource = {
  ...group,
  notes: [
    {
      id: WORKER_ID,
      at: '2026-02-27T03:20:00.000Z',
      author: 'administrator',
      text: 'The receiver was down.',
    },
  ],
  history: [
    {
      at: '2026-03-01T08:01:12.004Z',
      actor: 'redrive',
      action: 'group.regressed',
      reason: null,
      details: {},
      tenants: ['default'],
    },
    {
      at: '2026-02-27T09:00:00.000Z',
      actor: 'administrator',
      action: 'group.resolved',
      reason: 'the receiver works again',
      details: {},
      tenants: ['default'],
    },
  ],
}

const timeline: TimelineEntryResource[] = [
  {
    at: '2026-03-01T09:30:00.000Z',
    kind: 'accepted',
    text: 'The task of type demo.work was accepted and stored.',
  },
  {
    at: '2026-03-01T09:30:02.000Z',
    kind: 'died',
    text: 'The task failed for good because its last allowed attempt failed. Its dead letter was written, and its ticket goes to the error queue.',
    deadLetterId: DEAD_LETTER_ID,
  },
]

const auditEntry: ListedAuditEntry = {
  id: '019b1f31-0c44-7a01-b6a9-2f4e8c1d7b33',
  tenant: 'default',
  at: '2026-03-01T09:45:00.000Z',
  actor: 'administrator',
  action: 'dead_letter.redriven',
  taskId: TASK_ID,
  deadLetterId: DEAD_LETTER_ID,
  reason: 'the receiver works again',
  details: { edited: false, lane: null, attempts: null },
}

const queue: QueueResource = {
  name: 'normal',
  kind: 'lane',
  brokerQueue: 'redrive.v1.normal',
  ready: 12,
  unacknowledged: 100,
  consumers: 1,
  scheduled: 3,
  waiting: 0,
  queued: 112,
  running: 100,
  retrying: 1,
  deadLetters: null,
  note: null,
}

/** What the documentation shows as answers; the tests hold them to the schemas. */
export const EXAMPLES = {
  attempt,
  auditEntry,
  deadLetter,
  group,
  groupDetail,
  deadLetterDetail: { ...deadLetter, timeline },
  queue,
  succeeded,
  task,
  taskDetail: {
    ...succeeded,
    attempts: [attempt],
    explanation:
      'The task of type math.add was accepted at 2026-03-01T09:30:00.000Z for the lane "normal". It succeeded.',
    timeline: timeline.slice(0, 1),
    deadLetters: [],
    history: [],
  },
  taskStatus: {
    id: TASK_ID,
    state: 'running',
    attempt: 1,
    maxAttempts: 5,
    progress: { done: 40, total: 100 },
    runAt: '2026-03-01T09:30:00.000Z',
    startedAt: '2026-03-01T09:30:00.004Z',
    finishedAt: null,
  },
  taskResult: {
    id: TASK_ID,
    state: 'succeeded',
    result: { sum: '5' },
    finishedAt: '2026-03-01T09:30:00.005Z',
  },
  taskType: {
    name: 'math.add',
    inputSchema: {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'integer' } },
      required: ['a', 'b'],
    },
    lane: 'normal',
    retry: DEFAULT_RETRY_POLICY,
    timeoutMs: 60_000,
    expectedDurationMs: null,
    isolation: 'none',
    memoryLimitMb: null,
    workerVersion: '0.1.0',
    sensitive: [],
    workers: 1,
    registeredAt: '2026-03-01T09:00:00.000Z',
    updatedAt: '2026-03-01T09:00:00.000Z',
  },
  worker: {
    id: WORKER_ID,
    host: 'worker-1',
    pid: 4_711,
    version: '0.1.0',
    lanes: ['high', 'normal', 'low'],
    types: ['demo.work', 'math.add'],
    concurrency: 100,
    state: 'running',
    startedAt: '2026-03-01T09:00:00.000Z',
    leaseUntil: '2026-03-01T09:30:15.000Z',
    endedAt: null,
  },
} as const
