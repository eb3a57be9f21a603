import type { RedriveMemberResource, RedriveReportResource, RedriveResource } from '@redrive/shared/contract'
import { DEFAULT_TENANT_ID } from '@redrive/shared/task'
import { EXAMPLES } from './examples.ts'

const ID = '019b1f31-5d00-7a11-9c3e-2b6f0d4e8a90'
const GROUP = { fingerprint: EXAMPLES.deadLetter.fingerprint, title: 'Error: the emulated failure' }

const redrive: RedriveResource = {
  id: ID,
  state: 'running',
  filter: { fingerprint: { anyOf: [GROUP.fingerprint] } },
  reason: 'the receiver works again',
  actor: 'administrator',
  plannedAt: '2026-03-01T09:40:00.000Z',
  expiresAt: '2026-03-01T10:40:00.000Z',
  startedAt: '2026-03-01T09:41:00.000Z',
  startedBy: 'administrator',
  endedAt: null,
  ratePerSecond: 50,
  concurrency: null,
  lane: null,
  maxAttempts: null,
  inputPatch: null,
  memberCount: 1_200,
  foreignExcluded: 0,
  groupCount: 1,
  groups: [{ ...GROUP, count: 1_200 }],
  types: [{ type: 'demo.work', count: 1_200 }],
  tenants: [{ tenantId: DEFAULT_TENANT_ID, name: 'default', count: 1_200 }],
  progress: { planned: 700, redriven: 498, skipped: 2, recalled: 0, perSecond: 50, etaSeconds: 14 },
  recall: null,
}

const member: RedriveMemberResource = {
  position: 1,
  deadLetterId: EXAMPLES.deadLetter.id,
  taskId: EXAMPLES.task.id,
  tenantId: DEFAULT_TENANT_ID,
  type: 'demo.work',
  fingerprint: GROUP.fingerprint,
  state: 'redriven',
  skipCode: null,
  skippedBecause: null,
  dispatch: 2,
  isEdited: false,
  actedAt: '2026-03-01T09:41:00.200Z',
  outcome: 'succeeded',
  nextDeadLetterId: null,
}

const report: RedriveReportResource = {
  id: ID,
  state: 'running',
  memberCount: redrive.memberCount,
  progress: redrive.progress,
  outcomes: {
    succeeded: 440,
    failed_same: 3,
    failed_differently: 1,
    cancelled: 0,
    expired: 0,
    waiting: 34,
    running: 20,
    retrying: 0,
  },
  faults: [
    { ...GROUP, count: 3, isSame: true, isNew: false },
    {
      fingerprint: 'b01d5c77e3aa',
      title: 'RangeError: no such account',
      count: 1,
      isSame: false,
      isNew: true,
    },
  ],
  skipped: [
    {
      code: 'discarded',
      count: 2,
      example: 'the dead letter was discarded by administrator at 2026-03-01T09:40:30.000Z',
    },
  ],
}

/** What the documentation shows of redrives of many; the tests hold them to the schemas. */
export const REDRIVE_EXAMPLES = {
  order: {
    filter: { fingerprint: GROUP.fingerprint, diedAfter: '-24h' },
    reason: 'the receiver works again',
    ratePerSecond: 50,
  },
  plan: {
    ...redrive,
    state: 'planned',
    startedAt: null,
    startedBy: null,
    progress: { planned: 1_200, redriven: 0, skipped: 0, recalled: 0, perSecond: null, etaSeconds: null },
    samples: [EXAMPLES.deadLetter],
  },
  redrive,
  member,
  report,
}
