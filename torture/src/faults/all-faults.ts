import type { Fault, Stage } from '../stage.ts'
import { CLUSTER_FAULTS } from './clusters.ts'
import { DISK_FAULTS } from './disks.ts'
import { ENGINE_FAULTS } from './engines.ts'
import { HOST_FAULTS } from './hosts.ts'
import { LINK_FAULTS } from './links.ts'
import { MESSAGE_FAULTS } from './messages.ts'
import { LOST_ANSWER_FAULTS, NETWORK_FAULTS } from './networks.ts'
import { POSTGRES_FAULTS } from './postgres.ts'
import { PROCESS_FAULTS } from './processes.ts'
import { QUEUE_FAULTS } from './queues.ts'
import { RABBITMQ_FAULTS } from './rabbitmq.ts'
import { STOP_FAULTS } from './stops.ts'
import { STRANGER_FAULTS } from './strangers.ts'

/** Everything that the torture can do, in the order of its report. */
export const ALL_FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...HOST_FAULTS,
  ...STOP_FAULTS,
  ...ENGINE_FAULTS,
  ...POSTGRES_FAULTS,
  ...RABBITMQ_FAULTS,
  ...CLUSTER_FAULTS,
  ...DISK_FAULTS,
  ...LINK_FAULTS,
  ...NETWORK_FAULTS,
  ...LOST_ANSWER_FAULTS,
  ...QUEUE_FAULTS,
  ...MESSAGE_FAULTS,
  ...STRANGER_FAULTS,
]

/** Null when the fault can be made on this stage; else what is missing for it. */
export function missingFor({ needs }: Fault, { rabbitmq }: Stage): string | null {
  if (needs === 'root') return process.getuid?.() === 0 ? null : 'root'
  if (needs === 'cluster') return rabbitmq.cluster === null ? 'a cluster' : null
  return null
}
