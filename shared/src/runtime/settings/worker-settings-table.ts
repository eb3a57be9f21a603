import { LANES } from '../../task/index.ts'
import type { SettingDefinition } from './setting-definition.ts'

/** The settings whose names begin with WORKER, in alphabetical order: the last part of the whole table. */
export const WORKER_SETTINGS = [
  {
    name: 'WORKER_ABORT_GRACE_MS',
    kind: 'integer',
    services: ['worker'],
    default: 5000,
    minimum: 0,
    maximum: 600_000,
    unit: 'ms',
    meaning:
      'How long a handler may go on after its signal was aborted; then its attempt ends without it, and a process of its own is killed.',
  },
  {
    name: 'WORKER_ATTEMPT_PROCESSES',
    kind: 'integer',
    services: ['worker'],
    default: 4,
    minimum: 1,
    maximum: 1000,
    unit: 'processes',
    meaning:
      "Attempts that one worker runs at the same time in processes of their own: those of types with isolation 'process', and those of tasks whose last worker died. Each takes about 100 MB.",
  },
  {
    name: 'WORKER_CONCURRENCY',
    kind: 'integer',
    services: ['worker'],
    default: 100,
    minimum: 1,
    maximum: 10_000,
    unit: 'attempts',
    meaning: 'Attempts that one worker runs at the same time.',
  },
  {
    name: 'WORKER_HANDLERS',
    kind: 'text',
    services: ['worker'],
    meaning:
      'A folder with your own task types (TypeScript or JavaScript modules); without it, only the built-in types run.',
  },
  {
    name: 'WORKER_LANES',
    kind: 'list',
    services: ['worker'],
    default: LANES,
    choices: LANES,
    meaning: 'The lanes that the worker takes tasks from.',
  },
  {
    name: 'WORKER_LEASE_MS',
    kind: 'integer',
    services: ['dispatcher', 'worker'],
    default: 15_000,
    // The lease is renewed three times within its length, and a renewal may take a second on a busy host.
    minimum: 3000,
    maximum: 600_000,
    unit: 'ms',
    meaning:
      'How long after its last renewal a cut-off worker loses its attempts to others; the same for dispatchers, which pause their rescue for it after a start or an outage.',
  },
  {
    name: 'WORKER_PREFETCH',
    kind: 'integer',
    services: ['worker'],
    defaultFrom: 'WORKER_CONCURRENCY',
    minimum: 1,
    maximum: 65_535,
    unit: 'tickets',
    meaning:
      'Tickets that RabbitMQ hands to a worker ahead of their acknowledgement; no less than WORKER_CONCURRENCY, or slots stay empty.',
  },
  {
    name: 'WORKER_STALL_LIMIT_MS',
    kind: 'integer',
    services: ['worker'],
    default: 10_000,
    minimum: 0,
    maximum: 3_600_000,
    unit: 'ms',
    meaning:
      'A worker process whose handlers block its event loop for longer is ended and replaced; 0 never does that.',
  },
] as const satisfies readonly SettingDefinition[]
