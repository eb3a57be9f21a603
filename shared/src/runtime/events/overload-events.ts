import type { EventDefinition } from './event-definition.ts'

/** What the api does at its bounds; docs/overload.md lists them. */
export const OVERLOAD_EVENTS = {
  'backlog.below_limit': {
    level: 'info',
    meaning: 'A backlog that was full is down to nine tenths of its limit.',
    fields: { scope: 'text', tenantId: 'text?', open: 'number', limit: 'number' },
  },
  'backlog.full': {
    level: 'warn',
    meaning: 'Submissions are refused, because as many tasks are open as may be, of a tenant or of all.',
    fields: { scope: 'text', tenantId: 'text?', open: 'number', limit: 'number' },
  },
  'connection.cut': {
    level: 'debug',
    meaning: 'A connection was ended to keep their number within its bound.',
    fields: { reason: 'text' },
  },
  'connections.full': {
    level: 'warn',
    meaning: 'Clients hold as many connections as may be: idle ones are closed for new ones.',
    fields: { limit: 'number' },
  },
  'files.limited': {
    level: 'warn',
    meaning: 'The process may open fewer files than MAX_CONNECTIONS asks for; raise its limit (ulimit -n).',
    fields: { files: 'number', needed: 'number', connections: 'number' },
  },
  'load.shed': {
    level: 'warn',
    meaning: 'The api is behind and refuses submissions (level 1), or reads too (level 2).',
    fields: { level: 'number', loopDelayMs: 'number', poolWaitMs: 'number' },
  },
  'load.taken': {
    level: 'info',
    meaning: 'The api has caught up and refuses nothing for its load.',
    fields: { loopDelayMs: 'number', poolWaitMs: 'number' },
  },
  'request.shed': {
    level: 'debug',
    meaning: 'A request was refused because a bound was reached.',
    fields: { kind: 'text', reason: 'text' },
  },
} as const satisfies Record<string, EventDefinition>
