import {
  assertTopology,
  ERROR_QUEUE,
  inspectQueue,
  laneQueue,
  type BrokerConnection,
} from '@redrive/shared/broker'
import type { Events } from '@redrive/shared/runtime'
import { LANES, type Lane } from '@redrive/shared/task'

export interface TopologyRepair {
  /** The lanes whose queue was missing: what they held is gone. */
  readonly lanesWithoutQueue: readonly Lane[]
}

/**
 * Declares and binds what is missing, and says which queues were. A missing binding cannot be asked for over AMQP, so
 * bindings are simply made again. Rejects with `TopologyDriftError` when an object has other arguments, and with
 * `BrokerUnavailableError` when the broker does not answer.
 */
export async function repairTopology(connection: BrokerConnection, events: Events): Promise<TopologyRepair> {
  const missing = await findMissingQueues(connection)
  await assertTopology(connection)
  for (const { queue, lane } of missing) {
    events.emit('reconcile.repaired', {
      repair: 'queue_declared',
      count: 1,
      lane: lane ?? undefined,
      detail: queue,
    })
  }
  return { lanesWithoutQueue: missing.flatMap(({ lane }) => lane ?? []) }
}

async function findMissingQueues(
  connection: BrokerConnection,
): Promise<readonly { readonly queue: string; readonly lane: Lane | null }[]> {
  const expected = [
    { queue: ERROR_QUEUE, lane: null },
    ...LANES.map((lane) => ({ queue: laneQueue(lane), lane })),
  ]
  const depths = await Promise.all(expected.map(({ queue }) => inspectQueue(connection, queue)))
  return expected.filter((_, index) => depths[index] === null)
}
