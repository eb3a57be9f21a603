import { LANES, type Lane } from '../task/lanes.ts'

export interface QueueArgument {
  readonly name: string
  readonly value: string | number
  readonly why: string
}

export interface ExchangeDefinition {
  readonly kind: 'exchange'
  readonly name: string
  readonly type: 'topic'
  readonly why: string
}

export interface QueueDefinition {
  readonly kind: 'queue'
  readonly name: string
  readonly arguments: readonly QueueArgument[]
  readonly why: string
}

export interface BindingDefinition {
  readonly kind: 'binding'
  readonly queue: string
  readonly exchange: string
  readonly pattern: string
  readonly why: string
}

export type TopologyObject = ExchangeDefinition | QueueDefinition | BindingDefinition

/** Where every ticket is published, with the name of its lane's queue as the routing key. */
export const EXCHANGE = 'redrive.tasks'
/** Where a lane's queue sends what was rejected or delivered too often. */
export const DEAD_EXCHANGE = 'redrive.dead'
/** Where all dead letters arrive; the dispatcher's recorder is its only consumer. */
export const ERROR_QUEUE = 'redrive.error'

/**
 * The queue of a lane, which is also its routing key. The version in the name is how immutable arguments are
 * changed: declare and bind v2, unbind v1, let it run empty, delete it.
 */
export function laneQueue(lane: Lane): string {
  return `redrive.v1.${lane}`
}

const QUORUM: QueueArgument = {
  name: 'x-queue-type',
  value: 'quorum',
  why: 'Replicated in a cluster, on disk before a confirm, and the only type with at-least-once dead lettering.',
}

const REFUSE_WHEN_FULL: QueueArgument = {
  name: 'x-overflow',
  value: 'reject-publish',
  why:
    'A queue that an operator gave a length limit refuses new messages instead of dropping old ones. ' +
    'At-least-once dead lettering falls back to at-most-once without it, with no more than a line in the log.',
}

const errorQueue: QueueDefinition = {
  kind: 'queue',
  name: ERROR_QUEUE,
  arguments: [
    QUORUM,
    REFUSE_WHEN_FULL,
    {
      name: 'x-delivery-limit',
      value: 1_000_000,
      why:
        'RabbitMQ 4.3 carries the delivery count of a dead letter over from the lane, and this queue has nowhere ' +
        'to send what exceeds a limit: with a small one, a dead letter would be dropped for ever. ' +
        'Minus one is no way out, because before 4.0 it means zero.',
    },
  ],
  why: 'Keeps every dead letter until it is recorded. No dead-letter exchange, time limit or length limit of its own.',
}

const laneQueueDefinition = (lane: Lane): QueueDefinition => ({
  kind: 'queue',
  name: laneQueue(lane),
  arguments: [
    QUORUM,
    {
      name: 'x-dead-letter-exchange',
      value: DEAD_EXCHANGE,
      why: 'As an argument and not by policy: a failed task must not depend on an operator having imported a policy.',
    },
    {
      name: 'x-dead-letter-routing-key',
      value: laneQueue(lane),
      why: 'Says which lane a dead letter comes from, and takes away a CC header that a foreign publisher set.',
    },
    {
      name: 'x-dead-letter-strategy',
      value: 'at-least-once',
      why: 'The queue keeps a dead letter until the error queue has confirmed it.',
    },
    REFUSE_WHEN_FULL,
    {
      name: 'x-delivery-limit',
      value: 20,
      why:
        'Stops a message that crashes every consumer. Written down because versions before 4.0 have no limit unless ' +
        'they are told, and with one all versions requeue to the original position.',
    },
  ],
  why: `Tickets of the lane "${lane}". One queue per lane, since priorities inside quorum queues differ by version.`,
})

const laneBinding = (lane: Lane): BindingDefinition => ({
  kind: 'binding',
  queue: laneQueue(lane),
  exchange: EXCHANGE,
  pattern: laneQueue(lane),
  why: 'A ticket reaches its lane and no other queue.',
})

/** Everything Redrive declares, in the order of declaration: the way to the error queue exists before any lane does. */
export const TOPOLOGY: readonly TopologyObject[] = Object.freeze([
  {
    kind: 'exchange',
    name: EXCHANGE,
    type: 'topic',
    why: 'No alternate exchange: with one, a message that reaches no queue counts as routed and is never returned.',
  },
  {
    kind: 'exchange',
    name: DEAD_EXCHANGE,
    type: 'topic',
    why: 'The end of the road: nothing that is dead-lettered may ever route back to a lane.',
  },
  errorQueue,
  {
    kind: 'binding',
    queue: ERROR_QUEUE,
    exchange: DEAD_EXCHANGE,
    pattern: '#',
    why: 'Every routing key matches, so no dead letter can be unroutable.',
  },
  ...LANES.map(laneQueueDefinition),
  ...LANES.map(laneBinding),
] satisfies readonly TopologyObject[])
