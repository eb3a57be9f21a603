import type { Registry } from 'prom-client'
import type { EmittedEvent, EventSubscriber } from './create-events.ts'
import type { EventFields, EventName } from './event-table.ts'
import { createMeters, type Meters } from './create-meters.ts'

type Counting = { readonly [Name in EventName]?: (meters: Meters, fields: EventFields<Name>) => void }

/** Which event counts for which metrics. Labels hold closed sets and type names only, never ids. */
const COUNTING: Counting = {
  'attempt.crashed': (meters, { type }) => meters.count('redrive_attempt_crashes_total', { type }),
  'attempt.failed': (meters, { type, durationMs }) =>
    countAttempt(meters, { outcome: 'failed', type, durationMs }),
  'attempt.retry_scheduled': (meters, { type, durationMs }) =>
    countAttempt(meters, { outcome: 'retried', type, durationMs }),
  'attempt.returned': (meters, { type }) => countAttempt(meters, { outcome: 'returned', type }),
  'attempt.succeeded': (meters, { type, durationMs }) => {
    countAttempt(meters, { outcome: 'succeeded', type, durationMs })
    meters.count('redrive_tasks_total', { state: 'succeeded', type })
  },
  'attempt.taken_away': (meters, { type }) => countAttempt(meters, { outcome: 'taken_away', type }),
  'attempt.timed_out': (meters, { type }) => countAttempt(meters, { outcome: 'timed_out', type }),
  'attempts.rescued': (meters, { count }) => meters.count('redrive_rescued_attempts_total', {}, count),
  'broker.lost': (meters, { name }) => meters.count('redrive_broker_losses_total', { name }),
  'connection.cut': (meters, { reason }) => meters.count('redrive_connections_cut_total', { reason }),
  'dead_letter.discarded': (meters) =>
    meters.count('redrive_dead_letter_changes_total', { change: 'discarded' }),
  'dead_letter.foreign': (meters) => meters.count('redrive_dead_letters_total', { reason: 'foreign' }),
  'dead_letter.recorded': (meters) =>
    meters.count('redrive_dead_letter_changes_total', { change: 'recorded' }),
  'dead_letter.redriven': (meters) =>
    meters.count('redrive_dead_letter_changes_total', { change: 'redriven' }),
  'dead_letter.restored': (meters) =>
    meters.count('redrive_dead_letter_changes_total', { change: 'restored' }),
  'dead_letters.discarded': (meters, { count }) =>
    meters.count('redrive_dead_letter_changes_total', { change: 'discarded' }, count),
  'dead_letters.purged': (meters, { count }) =>
    meters.count('redrive_dead_letter_changes_total', { change: 'purged' }, count),
  'dead_letters.restored': (meters, { count }) =>
    meters.count('redrive_dead_letter_changes_total', { change: 'restored' }, count),
  'group.new': (meters) => meters.count('redrive_group_changes_total', { change: 'new' }),
  'group.regressed': (meters) => meters.count('redrive_group_changes_total', { change: 'regressed' }),
  'group.reopened': (meters) => meters.count('redrive_group_changes_total', { change: 'reopened' }),
  'reconcile.repaired': (meters, { repair, count }) =>
    meters.count('redrive_repairs_total', { repair }, count),
  'redrive.advanced': (meters, { redriven, skipped }) => {
    meters.count('redrive_dead_letter_changes_total', { change: 'redriven' }, redriven)
    meters.count('redrive_members_total', { outcome: 'redriven' }, redriven)
    meters.count('redrive_members_total', { outcome: 'skipped' }, skipped)
  },
  'redrive.members_recalled': (meters, { count, redriveId }) => {
    meters.count('redrive_dead_letter_changes_total', { change: 'recalled' }, count)
    if (redriveId !== undefined) meters.count('redrive_members_total', { outcome: 'recalled' }, count)
  },
  'request.answered': (meters, { method, route, status, durationMs }) => {
    meters.count('redrive_http_requests_total', { method, route, status: String(status) })
    meters.observe('redrive_http_request_duration_seconds', { method, route }, durationMs / 1000)
  },
  'request.shed': (meters, { kind, reason }) => meters.count('redrive_requests_shed_total', { kind, reason }),
  'task.accepted': (meters, { type, count }) =>
    meters.count('redrive_tasks_total', { state: 'accepted', type }, count),
  'task.cancelled': (meters, { type }) => meters.count('redrive_tasks_total', { state: 'cancelled', type }),
  'task.dead_lettered': (meters, { type, reason }) => {
    meters.count('redrive_tasks_total', { state: 'failed', type })
    meters.count('redrive_dead_letters_total', { reason })
  },
  'task.expired': (meters, { type, count }) =>
    meters.count('redrive_tasks_total', { state: 'expired', type }, count),
  'ticket.confirmed': (meters, { count }) =>
    meters.count('redrive_tickets_total', { outcome: 'confirmed' }, count),
  'ticket.published': (meters, { count }) =>
    meters.count('redrive_tickets_total', { outcome: 'published' }, count),
  'ticket.returned': (meters, { count }) =>
    meters.count('redrive_tickets_total', { outcome: 'returned' }, count),
  'ticket.unknown': (meters, { count }) =>
    meters.count('redrive_tickets_total', { outcome: 'unknown' }, count),
  'ticket.void': (meters, { count }) => meters.count('redrive_tickets_total', { outcome: 'void' }, count),
  'tickets.claimed': (meters, { asked, claimed }) => {
    meters.count('redrive_claims_total', { result: 'claimed' }, claimed)
    meters.count('redrive_claims_total', { result: 'refused' }, asked - claimed)
  },
  'tickets.released': (meters, { count }) =>
    meters.count('redrive_tickets_total', { outcome: 'released' }, count),
  'worker.replaced': (meters, { replacements }) =>
    meters.count('redrive_worker_replacements_total', {}, replacements),
}

/** Turns events into counters and histograms, which it registers. */
export function countEvents(registry: Registry): EventSubscriber {
  const meters = createMeters(registry)
  return ({ name, fields }: EmittedEvent) => {
    const counting = COUNTING[name] as ((meters: Meters, fields: EmittedEvent['fields']) => void) | undefined
    counting?.(meters, fields)
  }
}

interface CountedAttempt {
  readonly outcome: string
  readonly type: string
  readonly durationMs?: number | undefined
}

function countAttempt(meters: Meters, { outcome, type, durationMs }: CountedAttempt): void {
  meters.count('redrive_attempts_total', { outcome, type })
  if (durationMs !== undefined)
    meters.observe('redrive_attempt_duration_seconds', { type }, durationMs / 1000)
}
