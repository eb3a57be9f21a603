import type { EventDefinition } from './event-definition.ts'

/** What happens to redrives of many dead letters. */
export const REDRIVE_EVENTS = {
  'redrive.advanced': {
    level: 'debug',
    meaning: 'Members of a redrive had their turn: they went back, or were skipped because they had changed.',
    fields: { redriveId: 'text', redriven: 'number', skipped: 'number' },
  },
  'redrive.commanded': {
    level: 'info',
    meaning: 'An operator paused, resumed, stopped or recalled a redrive.',
    fields: { redriveId: 'text', command: 'text', actor: 'text?' },
  },
  'redrive.completed': {
    level: 'info',
    meaning: 'Every member of a redrive has had its turn.',
    fields: { redriveId: 'text' },
  },
  'redrive.members_recalled': {
    level: 'info',
    meaning: 'Redriven tasks that no worker had started are dead again, by a recall.',
    fields: { count: 'number', redriveId: 'text?', deadLetterId: 'text?', actor: 'text?' },
  },
  'redrive.planned': {
    level: 'info',
    meaning: 'An operator planned a redrive; nothing goes back before it is executed.',
    fields: { redriveId: 'text', members: 'number', skipped: 'number', actor: 'text?' },
  },
  'redrive.recall_ended': {
    level: 'info',
    meaning: 'Every member of a recalled redrive that no worker had started is dead again.',
    fields: { redriveId: 'text' },
  },
  'redrive.started': {
    level: 'info',
    meaning: 'An operator executed a redrive, and its members begin to go back.',
    fields: { redriveId: 'text', actor: 'text?' },
  },
} as const satisfies Record<string, EventDefinition>
