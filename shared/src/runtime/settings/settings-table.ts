import type { SettingDefinition } from './setting-definition.ts'
import { WORKER_SETTINGS } from './worker-settings-table.ts'

const ALL = ['api', 'dispatcher', 'worker'] as const

/**
 * Every setting of every service, in alphabetical order. Nothing else is read from the environment.
 * n.b. `docs/configuration.md` and `.env.example` are generated from this table (`npm run docs`).
 */
export const SETTINGS = [
  {
    name: 'ADMIN_API_KEY',
    kind: 'secret',
    services: ['api'],
    required: true,
    minimumLength: 32,
    meaning: "The first administrator's API key; any text, best a random one.",
  },
  {
    name: 'ALERT_FAILURES_PER_MINUTE',
    kind: 'integer',
    services: ['dispatcher'],
    default: 0,
    minimum: 0,
    maximum: 1_000_000,
    unit: 'failures/min',
    meaning:
      'When more tasks than this die within a minute, the alert webhook is called, and again when it is no more than half of it; 0 never.',
  },
  {
    name: 'ALERT_WEBHOOK_URL',
    kind: 'url',
    services: ['dispatcher'],
    schemes: ['http', 'https'],
    meaning:
      'Called, signed and with retries, when tasks die of a new fault, of a resolved one again, or too many die; see docs/groups.md.',
  },
  {
    name: 'AMQP_MANAGEMENT_URL',
    kind: 'list',
    services: ['api', 'dispatcher'],
    schemes: ['http', 'https'],
    meaning:
      "RabbitMQ's management API with user and password, or those of several nodes of one cluster; without it, unacknowledged counts are not shown.",
  },
  {
    name: 'AMQP_URL',
    kind: 'list',
    services: ALL,
    required: true,
    schemes: ['amqp', 'amqps'],
    meaning: "RabbitMQ's address, or the addresses of several nodes of one cluster.",
  },
  {
    name: 'CARRIED_AFTER_MS',
    kind: 'integer',
    services: ['dispatcher'],
    default: 300_000,
    minimum: 1,
    unit: 'ms',
    meaning:
      "How long a dead letter may wait for its message from the error queue before it is opened without the broker's evidence.",
  },
  {
    name: 'CRASH_AT',
    kind: 'text',
    services: ALL,
    meaning:
      'For tests only: a crash point where the process kills itself, `name` or `name:3` for the third time it gets there.',
  },
  {
    name: 'DATABASE_POOL_SIZE',
    kind: 'integer',
    services: ALL,
    default: 10,
    // Below three, one slow statement and one loop would leave nothing for a readiness check.
    minimum: 3,
    maximum: 500,
    unit: 'connections',
    meaning: 'Connections that the process may hold to Postgres.',
  },
  {
    name: 'DATABASE_STATEMENT_TIMEOUT_MS',
    kind: 'integer',
    services: ALL,
    default: 15_000,
    minimum: 100,
    unit: 'ms',
    meaning: 'Postgres ends a statement that runs longer.',
  },
  {
    name: 'DATABASE_URL',
    kind: 'url',
    services: ALL,
    required: true,
    schemes: ['postgres', 'postgresql'],
    meaning: "Postgres's address with user, password and database.",
  },
  {
    name: 'DEAD_LETTER_RETENTION_DAYS',
    kind: 'integer',
    services: ['api', 'dispatcher'],
    // A failure never disappears unless somebody says so.
    default: 0,
    minimum: 0,
    maximum: 36_500,
    unit: 'days',
    meaning:
      'How long after a death its dead letter is kept, open or closed, with its task if that has failed; 0 for ever. The same for api and dispatcher: the one shows the end, the other deletes.',
  },
  {
    name: 'HOST',
    kind: 'text',
    services: ['api'],
    default: '127.0.0.1',
    meaning: 'The address that the HTTP API listens on; 0.0.0.0 for all.',
  },
  {
    name: 'HTTP_ALLOWED_TARGETS',
    kind: 'list',
    services: ['worker'],
    meaning:
      'Internal targets that http.request and callbacks may reach, also by http and on any port: `host`, `host:port`, `*.domain`, an address, or a range such as 10.1.0.0/16. Without it, only the public internet by https.',
  },
  {
    name: 'LOG_LEVEL',
    kind: 'text',
    services: ALL,
    default: 'info',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    meaning: 'The least serious log lines that are written; debug shows every step of every task.',
  },
  {
    name: 'MAX_BACKLOG',
    kind: 'integer',
    services: ['api'],
    // Ten million open rows are some 4 GB of table and indexes: a night's work of a large installation, and a size that
    // an ordinary Postgres still serves well.
    default: 10_000_000,
    minimum: 1,
    unit: 'tasks',
    meaning:
      'The most tasks of all tenants that may be open, that is accepted and not ended; beyond it submissions get 503.',
  },
  {
    name: 'MAX_BULK_BYTES',
    kind: 'integer',
    services: ['api'],
    default: 16_777_216,
    minimum: 1024,
    unit: 'bytes',
    meaning: 'The largest body of a bulk submission.',
  },
  {
    name: 'MAX_BULK_TASKS',
    kind: 'integer',
    services: ['api'],
    default: 10_000,
    minimum: 1,
    maximum: 100_000,
    unit: 'tasks',
    meaning: 'The most tasks in one bulk submission, which is accepted or refused as a whole.',
  },
  {
    name: 'MAX_CONNECTIONS',
    kind: 'integer',
    services: ['api'],
    // Above ten thousand, which a fleet of clients that keep theirs open comes to.
    default: 12_000,
    minimum: 10,
    maximum: 1_000_000,
    unit: 'connections',
    meaning:
      'The most connections that clients may hold; beyond it, the one that has been idle for longest is closed for a new one. Fewer where the process may not open so many files.',
  },
  {
    name: 'MAX_REQUESTS',
    kind: 'integer',
    services: ['api'],
    // At the few thousand answers a second of one process, whoever is let in waits for about half a second.
    default: 1_000,
    minimum: 1,
    maximum: 100_000,
    unit: 'requests',
    meaning:
      'The most requests of each kind (submissions, reads, commands) that are worked on at once; beyond it they get 503 at once.',
  },
  {
    name: 'MAX_TASK_BYTES',
    kind: 'integer',
    services: ['api'],
    default: 262_144,
    minimum: 1024,
    unit: 'bytes',
    meaning: 'The largest body of a request with a single task.',
  },
  {
    name: 'MAX_TENANT_BACKLOG',
    kind: 'integer',
    services: ['api'],
    // A fifth of all, so that several tenants can each be far behind before anyone is refused for another's sake.
    default: 2_000_000,
    minimum: 1,
    unit: 'tasks',
    meaning: 'The most tasks of one tenant that may be open; beyond it its submissions get 429.',
  },
  {
    name: 'METRICS_HOST',
    kind: 'text',
    services: ALL,
    default: '127.0.0.1',
    meaning: 'The address that /livez, /readyz and /metrics listen on; keep it off the public network.',
  },
  {
    name: 'METRICS_PORT',
    kind: 'integer',
    services: ALL,
    default: { api: 9101, dispatcher: 9102, worker: 9103 },
    minimum: 0,
    maximum: 65_535,
    meaning: 'The port of /livez, /readyz and /metrics; 0 takes any free one and logs it.',
  },
  {
    name: 'PORT',
    kind: 'integer',
    services: ['api'],
    default: 3000,
    minimum: 0,
    maximum: 65_535,
    meaning: 'The port of the HTTP API; 0 takes any free one and logs it.',
  },
  {
    name: 'RECONCILE_INTERVAL_MS',
    kind: 'integer',
    services: ['dispatcher'],
    default: 10_000,
    minimum: 100,
    unit: 'ms',
    meaning:
      'How often the ledger is compared with the broker, and how old a ticket must be to be missed: tickets that were purged go out again within two of these. What the broker lost as a whole is found within a second.',
  },
  {
    name: 'RELEASE_GRACE_MS',
    kind: 'integer',
    services: ['dispatcher'],
    default: 5000,
    minimum: 1,
    unit: 'ms',
    meaning:
      'How long a publisher is given before a ticket without a confirm is released again; it doubles with each try.',
  },
  {
    name: 'RELEASE_POLL_MS',
    kind: 'integer',
    services: ['dispatcher'],
    default: 100,
    minimum: 10,
    unit: 'ms',
    meaning: 'How often due tasks are looked for while there are none.',
  },
  {
    name: 'SHED_LOOP_DELAY_MS',
    kind: 'integer',
    services: ['api'],
    default: 500,
    minimum: 20,
    unit: 'ms',
    meaning:
      'When the event loop lags by so much for one and a half seconds, submissions get 503 until it has recovered; reads from three times as much.',
  },
  {
    name: 'SHED_POOL_WAIT_MS',
    kind: 'integer',
    services: ['api'],
    default: 500,
    minimum: 20,
    unit: 'ms',
    meaning:
      'When a connection to Postgres is waited for so long, for one and a half seconds, submissions get 503 until it has recovered; reads from three times as much.',
  },
  {
    name: 'SHUTDOWN_GRACE_MS',
    kind: 'integer',
    services: ALL,
    default: 25_000,
    minimum: 0,
    maximum: 3_600_000,
    unit: 'ms',
    meaning:
      "How long a process may take to stop; keep it below the time after which your orchestrator kills it (Docker's is 10 s unless set).",
  },
  {
    name: 'STOP_NOTICE_MS',
    kind: 'integer',
    services: ['api'],
    default: 0,
    minimum: 0,
    maximum: 600_000,
    unit: 'ms',
    meaning:
      'So long a stopping api goes on serving while `/readyz` already says no: longer than a load balancer takes to notice, and no request meets a closed door. 0 where nothing balances.',
  },
  {
    name: 'WEBHOOK_SECRET',
    kind: 'secret',
    services: ['worker'],
    meaning:
      'Signs callbacks and what else asks for it: whsec_ and the base64 of 24 to 64 random bytes, which receivers know too. Several, with commas, make as many signatures while receivers change over. Without it, such requests fail.',
  },
  ...WORKER_SETTINGS,
] as const satisfies readonly SettingDefinition[]
