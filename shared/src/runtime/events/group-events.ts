import type { EventDefinition } from './event-definition.ts'

/** What the dispatcher sees of the faults that tasks die of; each is told to the alert webhook as well. */
export const GROUP_EVENTS = {
  'error_rate.exceeded': {
    level: 'error',
    meaning: 'More tasks died within a minute than ALERT_FAILURES_PER_MINUTE allows.',
    fields: { failuresPerMinute: 'number', threshold: 'number' },
  },
  'error_rate.recovered': {
    level: 'info',
    meaning: 'Within a minute, no more than half as many tasks died as ALERT_FAILURES_PER_MINUTE allows.',
    fields: { failuresPerMinute: 'number', threshold: 'number' },
  },
  'group.new': {
    level: 'warn',
    meaning: 'Tasks die of a fault that was never seen before.',
    fields: { fingerprint: 'text', title: 'text', why: 'text?' },
  },
  'group.regressed': {
    level: 'error',
    meaning: 'Tasks die again of a fault that was resolved.',
    fields: { fingerprint: 'text', title: 'text', why: 'text?' },
  },
  'group.reopened': {
    level: 'warn',
    meaning: 'A fault was ignored until a time, a count or a rate that has now been passed.',
    fields: { fingerprint: 'text', title: 'text', why: 'text?' },
  },
} as const satisfies Record<string, EventDefinition>
