import { DEAD_EXCHANGE, ERROR_QUEUE, EXCHANGE, laneQueue } from '@redrive/shared/broker'
import { LANES } from '@redrive/shared/task'
import type { Fault, Stage } from '../stage.ts'

const VHOST = '%2F'

/** What operators do to exchanges and queues, by accident. */
export const QUEUE_FAULTS: readonly Fault[] = [
  onLane('delete-lane-queue', 'the queue of a lane is deleted', (queue) => [
    'DELETE',
    `/queues/${VHOST}/${queue}`,
  ]),
  onLane('purge-lane-queue', 'the queue of a lane is purged', (queue) => [
    'DELETE',
    `/queues/${VHOST}/${queue}/contents`,
  ]),
  onLane('unbind-lane-queue', 'the queue of a lane is unbound from its exchange', (queue) => [
    'DELETE',
    `/bindings/${VHOST}/e/${EXCHANGE}/q/${queue}/${queue}`,
  ]),
  one('delete-error-queue', 'the error queue is deleted', ['DELETE', `/queues/${VHOST}/${ERROR_QUEUE}`]),
  one('purge-error-queue', 'the error queue is purged', [
    'DELETE',
    `/queues/${VHOST}/${ERROR_QUEUE}/contents`,
  ]),
  one('unbind-error-queue', 'the error queue is unbound', [
    'DELETE',
    `/bindings/${VHOST}/e/${DEAD_EXCHANGE}/q/${ERROR_QUEUE}/%23`,
  ]),
  one('delete-exchange', 'the exchange of the tickets is deleted', [
    'DELETE',
    `/exchanges/${VHOST}/${EXCHANGE}`,
  ]),
  one('delete-dead-exchange', 'the dead-letter exchange is deleted', [
    'DELETE',
    `/exchanges/${VHOST}/${DEAD_EXCHANGE}`,
  ]),
  {
    name: 'close-amqp-connections',
    meaning: 'an operator closes every AMQP connection',
    inject: async ({ rabbitmq }) =>
      void (await rabbitmq.node.control(['close_all_connections', 'by an operator'])),
  },
]

type Order = readonly ['DELETE', string]

function one(name: string, meaning: string, order: Order): Fault {
  return { name, meaning, inject: (stage) => manage(stage, order) }
}

function onLane(name: string, meaning: string, orderFor: (queue: string) => Order): Fault {
  return {
    name,
    meaning,
    inject: (stage) => manage(stage, orderFor(laneQueue(stage.random.pick(LANES)))),
  }
}

async function manage({ rabbitmq, log }: Stage, [method, path]: Order): Promise<void> {
  log('fault.managed', { method, path })
  await rabbitmq.manage(method, path)
}
