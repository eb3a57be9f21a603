import type { Fault } from '../stage.ts'
import { ENGINE_FAULTS } from './engines.ts'
import { LINK_FAULTS } from './links.ts'
import { MESSAGE_FAULTS } from './messages.ts'
import { PROCESS_FAULTS } from './processes.ts'
import { QUEUE_FAULTS } from './queues.ts'

/** Everything that the torture can do, in the order of its report. */
export const ALL_FAULTS: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...ENGINE_FAULTS,
  ...LINK_FAULTS,
  ...QUEUE_FAULTS,
  ...MESSAGE_FAULTS,
]
