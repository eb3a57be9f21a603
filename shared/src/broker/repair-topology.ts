import { LANES, type Lane } from '../task/lanes.ts'
import { assertTopology } from './assert-topology.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { findMissingObjects, type FindableObject } from './find-missing-objects.ts'
import { ERROR_QUEUE, laneQueue } from './topology.ts'

export interface LostQueues {
  readonly lanes: readonly Lane[]
  readonly isErrorQueueLost: boolean
}

/**
 * Notes in the ledger that everything these queues held is gone. When it rejects, nothing is declared: a queue that was
 * made anew looks like one that was never gone.
 */
export type NoteLost = (lost: LostQueues) => Promise<void>

/**
 * Declares and binds what is missing, and says which exchanges and queues were. A missing binding cannot be asked for over AMQP, so
 * bindings are simply made again. Rejects with `TopologyDriftError` when an object has other arguments, with
 * `BrokerUnavailableError` when the broker does not answer, and as `noteLost` does.
 *
 * Crash window: between the note and the declaration the queues are still missing, and whoever comes next notes it again.
 */
export async function repairTopology(
  connection: BrokerConnection,
  noteLost: NoteLost,
): Promise<readonly FindableObject[]> {
  const missing = await findMissingObjects(connection)
  const names = missing.map(({ name }) => name)
  const lanes = LANES.filter((lane) => names.includes(laneQueue(lane)))
  const isErrorQueueLost = names.includes(ERROR_QUEUE)
  if (lanes.length > 0 || isErrorQueueLost) await noteLost({ lanes, isErrorQueueLost })
  await assertTopology(connection)
  return missing
}
