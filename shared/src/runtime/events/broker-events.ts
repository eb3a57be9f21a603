import type { EventDefinition } from './event-definition.ts'

/** What happens between a service and RabbitMQ, and to the tickets between them. */
export const BROKER_EVENTS = {
  'broker.blocked': {
    level: 'warn',
    meaning: 'RabbitMQ takes no messages for now, usually for lack of memory or disk.',
    fields: { name: 'text', reason: 'text?' },
  },
  'broker.connected': {
    level: 'info',
    meaning: 'A connection to RabbitMQ is up.',
    fields: { name: 'text', address: 'text?' },
  },
  'broker.emptied': {
    level: 'warn',
    meaning:
      "The broker has lost everything, or another one answers: the ledger's mark is not in it. Every confirmed ticket is released again.",
    fields: { mark: 'text', detail: 'text?' },
  },
  'broker.lost': {
    level: 'warn',
    meaning: 'A connection to RabbitMQ ended; it is tried again for as long as it takes.',
    fields: { name: 'text', error: 'error?' },
  },
  'broker.unblocked': {
    level: 'info',
    meaning: 'RabbitMQ takes messages again.',
    fields: { name: 'text' },
  },
  'queues.missing': {
    level: 'info',
    meaning:
      'Queues were not there and are declared, as at the very first start; the tickets that they may have held are released again.',
    fields: { queues: 'text' },
  },
  'reconcile.balanced': {
    level: 'info',
    meaning: 'After a difference, ledger and broker agree again.',
    fields: {},
  },
  'reconcile.differs': {
    level: 'error',
    meaning:
      'Tasks contradict the rule that each has ended or has one open row, and each failed one a dead letter: nothing repairs that by itself.',
    fields: { kind: 'text', count: 'number', taskIds: 'text' },
  },
  'reconcile.repaired': {
    level: 'warn',
    meaning: 'The ledger and the broker differed, and the difference was repaired.',
    fields: { repair: 'text', count: 'number', lane: 'text?', detail: 'text?' },
  },
  'reconcile.stuck': {
    level: 'warn',
    meaning:
      'A queue has held messages for several looks that are neither ready nor unacknowledged: dead letters that it cannot hand on.',
    fields: { queue: 'text', count: 'number' },
  },
  'ticket.ahead_of_ledger': {
    level: 'error',
    meaning:
      'A ticket has a higher number than the ledger knows, so the ledger went back in time; the task is released above both.',
    fields: { taskId: 'text', number: 'number', ledgerNumber: 'number?' },
  },
  'ticket.confirmed': {
    level: 'debug',
    meaning: 'The broker has taken a ticket.',
    fields: { lane: 'text?', taskId: 'text?', number: 'number?', count: 'number?' },
  },
  'ticket.published': {
    level: 'debug',
    meaning: 'A ticket was sent to the broker.',
    fields: { lane: 'text?', taskId: 'text?', number: 'number?', count: 'number?' },
  },
  'ticket.returned': {
    level: 'warn',
    meaning: 'The broker sent a ticket back because no queue takes it; release sends it again.',
    fields: { lane: 'text?', taskId: 'text?', number: 'number?', count: 'number?' },
  },
  'ticket.unknown': {
    level: 'warn',
    meaning: 'Whether the broker has a ticket is not known; release sends it again.',
    fields: { lane: 'text?', taskId: 'text?', number: 'number?', count: 'number?' },
  },
  'ticket.void': {
    level: 'debug',
    meaning: 'A ticket had nothing left to do and was dropped.',
    fields: { taskId: 'text?', number: 'number?', reason: 'text?', count: 'number?' },
  },
  'tickets.claimed': {
    level: 'debug',
    meaning: 'A worker asked the ledger for the tasks of its tickets.',
    fields: { asked: 'number', claimed: 'number', durationMs: 'number?' },
  },
  'tickets.released': {
    level: 'debug',
    meaning: 'The dispatcher handed due tasks to the broker.',
    fields: { lane: 'text', count: 'number' },
  },
  'topology.asserted': {
    level: 'info',
    meaning: 'Exchanges, queues and bindings are as they should be.',
    fields: {},
  },
  'topology.drifted': {
    level: 'fatal',
    meaning:
      'An exchange or queue exists with other arguments; an operator has to decide, so the process stops.',
    fields: { object: 'text', detail: 'text?' },
  },
} as const satisfies Record<string, EventDefinition>
