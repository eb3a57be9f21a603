interface MetricDefinition {
  readonly kind: 'counter' | 'histogram' | 'gauge'
  readonly labels: readonly string[]
  readonly meaning: string
  readonly buckets?: readonly number[]
}

/** From a fast handler to an hour-long one, in seconds: few steps, because each costs a series per type. */
const ATTEMPT_BUCKETS = [0.002, 0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600] as const

const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10, 30] as const

/**
 * Every metric of Redrive's own, beside Node's usual process metrics. Counters and histograms follow from events;
 * gauges are measured when someone asks. n.b. `docs/events.md` is generated from this table (`npm run docs`).
 */
export const METRICS = {
  redrive_attempt_crashes_total: {
    kind: 'counter',
    labels: ['type'],
    meaning: 'Attempts whose process of their own died or was killed.',
  },
  redrive_attempt_duration_seconds: {
    kind: 'histogram',
    labels: ['type'],
    buckets: ATTEMPT_BUCKETS,
    meaning: 'How long attempts ran, of those that ended with their worker.',
  },
  redrive_attempt_processes: {
    kind: 'gauge',
    labels: ['state'],
    meaning: 'Attempts that run in a process of their own (running), and those that wait for one (waiting).',
  },
  redrive_attempts_total: {
    kind: 'counter',
    labels: ['outcome', 'type'],
    meaning:
      'Attempts that succeeded, are retried, failed, were returned, taken away or timed out; one that timed out counts under `timed_out` and under what followed.',
  },
  redrive_backlog_tasks: {
    kind: 'gauge',
    labels: ['figure'],
    meaning: 'Open tasks of all tenants as the api last counted them (open), and MAX_BACKLOG (limit).',
  },
  redrive_balanced: {
    kind: 'gauge',
    labels: [],
    meaning: 'Whether ledger and broker agreed at the last look (1) or not (0).',
  },
  redrive_broker_losses_total: {
    kind: 'counter',
    labels: ['name'],
    meaning: 'Connections to RabbitMQ that ended unasked.',
  },
  redrive_claims_total: {
    kind: 'counter',
    labels: ['result'],
    meaning: 'Tickets that a claim turned into attempts (claimed), and those that it did not (refused).',
  },
  redrive_connections_cut_total: {
    kind: 'counter',
    labels: ['reason'],
    meaning:
      'Connections ended because there were as many as may be: the longest idle one (idle), or a new one where none was idle (refused).',
  },
  redrive_database_pool: {
    kind: 'gauge',
    labels: ['state'],
    meaning: 'Connections to Postgres by state, and callers waiting for one.',
  },
  redrive_dead_letter_changes_total: {
    kind: 'counter',
    labels: ['change'],
    meaning:
      'Dead letters that were recorded, redriven, recalled, discarded, restored, or deleted after their retention.',
  },
  redrive_dead_letters_total: {
    kind: 'counter',
    labels: ['reason'],
    meaning: 'Dead letters that came to be, by reason; foreign ones have the reason foreign.',
  },
  redrive_dead_letters_waiting: {
    kind: 'gauge',
    labels: ['state'],
    meaning:
      'Dead letters on their way through the error queue (carried), and those that wait for an operator (open).',
  },
  redrive_held_tickets: {
    kind: 'gauge',
    labels: ['state'],
    meaning: 'Tickets that RabbitMQ handed to this worker, waiting for a slot or taken.',
  },
  redrive_failures_per_minute: {
    kind: 'gauge',
    labels: [],
    meaning: 'Tasks that died within the last minute, failed alerts not counted.',
  },
  redrive_group_changes_total: {
    kind: 'counter',
    labels: ['change'],
    meaning:
      'Faults that tasks died of for the first time, again after they were resolved, or for longer than they were ignored.',
  },
  redrive_groups: {
    kind: 'gauge',
    labels: ['state'],
    meaning: 'Groups of dead letters, one for each fault: regressed, open, ignored, resolved.',
  },
  redrive_http_request_duration_seconds: {
    kind: 'histogram',
    labels: ['method', 'route'],
    buckets: REQUEST_BUCKETS,
    meaning: 'How long the api took to answer.',
  },
  redrive_http_requests_total: {
    kind: 'counter',
    labels: ['method', 'route', 'status'],
    meaning: 'Requests that the api answered.',
  },
  redrive_http_connections: {
    kind: 'gauge',
    labels: ['state'],
    meaning: 'Connections that clients hold to the api, with a request in progress (busy) or without (idle).',
  },
  redrive_lane_window: {
    kind: 'gauge',
    labels: ['lane'],
    meaning:
      'How many tickets of a lane may be with the broker, as measured by the dispatcher that releases it.',
  },
  redrive_ledger_differences: {
    kind: 'gauge',
    labels: ['kind'],
    meaning:
      'Tasks that were found to contradict the rule that each has ended or is open, in the last sweep of the whole ledger; 0 is right.',
  },
  redrive_ledger_tasks: {
    kind: 'gauge',
    labels: ['kind'],
    meaning:
      'Tasks by the last sweep of the whole ledger: accepted, which is ended and open together, and both of these.',
  },
  redrive_leadership: {
    kind: 'gauge',
    labels: ['work'],
    meaning: 'Work that one dispatcher does for all: 1 in the one that does it, 0 in the others.',
  },
  redrive_members_total: {
    kind: 'counter',
    labels: ['outcome'],
    meaning: 'Members of redrives of many that were redriven, skipped because they had changed, or recalled.',
  },
  redrive_open_tasks: {
    kind: 'gauge',
    labels: ['lane', 'state'],
    meaning: 'Tasks that have not ended, by the state that the api shows.',
  },
  redrive_queue_messages: {
    kind: 'gauge',
    labels: ['queue'],
    meaning: "Messages ready in a queue, by RabbitMQ's count.",
  },
  redrive_queue_stuck_messages: {
    kind: 'gauge',
    labels: ['queue'],
    meaning:
      'Messages that are neither ready nor unacknowledged: dead letters that found no way out of their queue. Needs the management API.',
  },
  redrive_repairs_total: {
    kind: 'counter',
    labels: ['repair'],
    meaning: 'Differences between ledger and broker that were repaired.',
  },
  redrive_requests_in_progress: {
    kind: 'gauge',
    labels: ['kind'],
    meaning: 'Requests that the api works on, by kind (submission, read, wait, command).',
  },
  redrive_requests_shed_total: {
    kind: 'counter',
    labels: ['kind', 'reason'],
    meaning:
      'Requests refused with 429 or 503 for a bound: backlog, tenant_backlog, requests (too many at once), load (the api is behind).',
  },
  redrive_rescued_attempts_total: {
    kind: 'counter',
    labels: [],
    meaning: 'Attempts taken from workers that were gone.',
  },
  redrive_running_attempts: {
    kind: 'gauge',
    labels: [],
    meaning: 'Attempts that this worker runs at the moment.',
  },
  redrive_shedding_level: {
    kind: 'gauge',
    labels: [],
    meaning: 'What the api refuses because it is behind: 0 nothing, 1 submissions, 2 reads too.',
  },
  redrive_tasks_total: {
    kind: 'counter',
    labels: ['state', 'type'],
    meaning: 'Tasks that were accepted, and those that succeeded, failed, expired or were cancelled.',
  },
  redrive_tickets_total: {
    kind: 'counter',
    labels: ['outcome'],
    meaning:
      'Tickets that were published, confirmed, returned, of unknown outcome, released by the dispatcher, or void.',
  },
  redrive_worker_replacements_total: {
    kind: 'counter',
    labels: [],
    meaning: 'How often the worker process was replaced since its parent process started.',
  },
  redrive_worker_slots: {
    kind: 'gauge',
    labels: [],
    meaning: 'Attempts that this worker may run at once (WORKER_CONCURRENCY).',
  },
} as const satisfies Record<string, MetricDefinition>

export type MetricName = keyof typeof METRICS

export type MetricOfKind<Kind extends MetricDefinition['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never
}[MetricName]

/** The labels of a metric with their values, all of them. */
export type MetricLabels<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]['labels'][number], string>
>
