import type { EventDefinition } from './event-definition.ts'

/** What happens to the processes themselves: their start and stop, their stores, their HTTP requests. */
export const PROCESS_EVENTS = {
  'api.listening': {
    level: 'info',
    meaning: 'The HTTP API takes requests.',
    fields: { host: 'text', port: 'number' },
  },
  'database.reached': {
    level: 'info',
    meaning: 'Postgres answers again.',
    fields: {},
  },
  'database.unreachable': {
    level: 'error',
    meaning: 'Postgres does not answer; it is tried again for as long as it takes.',
    fields: { error: 'error?' },
  },
  'ledger.outdated': {
    level: 'warn',
    meaning:
      'The ledger lacks migrations that this version needs; the service waits, not ready, until they are applied.',
    fields: { error: 'error' },
  },
  'lane.held': {
    level: 'info',
    meaning: 'This dispatcher releases a lane from now on.',
    fields: { lane: 'text' },
  },
  'operations.listening': {
    level: 'info',
    meaning: '/livez, /readyz and /metrics can be asked.',
    fields: { host: 'text', port: 'number' },
  },
  'request.answered': {
    level: 'debug',
    meaning: 'The api answered a request.',
    fields: { requestId: 'text', method: 'text', route: 'text', status: 'number', durationMs: 'number' },
  },
  'request.failed': {
    level: 'error',
    meaning: 'A request met an unexpected error; the client got the request id and nothing else.',
    fields: { requestId: 'text', method: 'text', route: 'text', status: 'number', error: 'error' },
  },
  'service.ready': {
    level: 'info',
    meaning: 'Everything that the process needs is there.',
    fields: {},
  },
  'service.stopped': {
    level: 'info',
    meaning: 'The process has let go of everything it held.',
    fields: { durationMs: 'number?' },
  },
  'service.stopping': {
    level: 'info',
    meaning: 'The process was asked to stop.',
    fields: { reason: 'text?' },
  },
  'worker.blocked': {
    level: 'fatal',
    meaning:
      'Handlers block the event loop of a worker process, which ends itself to be replaced; what it ran runs again, each task alone.',
    fields: { workerId: 'text', stalledMs: 'number', limitMs: 'number' },
  },
  'worker.draining': {
    level: 'info',
    meaning: 'A worker takes no more tickets and finishes what fits into its grace.',
    fields: { workerId: 'text', running: 'number' },
  },
  'worker.registered': {
    level: 'info',
    meaning: 'A worker told the ledger who it is and what it can run.',
    fields: { workerId: 'text', types: 'number?', lanes: 'text?' },
  },
  'worker.replaced': {
    level: 'warn',
    meaning: 'This worker process takes the place of one that ended unasked.',
    fields: { ending: 'text', replacements: 'number' },
  },
} as const satisfies Record<string, EventDefinition>
