import type { Logger } from 'pino'
import { backoffDelayMs } from '../runtime/backoff-delay-ms.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { errorText } from './error-text.ts'
import { repairTopology, type NoteLost } from './repair-topology.ts'
import { sleepUnlessAborted } from './sleep-unless-aborted.ts'
import { TopologyDriftError } from './topology-drift-error.ts'

export interface EstablishOptions {
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly noteLost: NoteLost
}

const RETRY = { baseMs: 500, maxMs: 10_000 }

/**
 * `repairTopology` for start-up: repeated until it succeeds, however long broker or ledger are absent. Resolves with false
 * when the signal aborts before. Rejects only with `TopologyDriftError`, upon which a service should end.
 */
export async function establishTopology(
  connection: BrokerConnection,
  { logger, signal, noteLost }: EstablishOptions,
): Promise<boolean> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      await repairTopology(connection, noteLost)
      return true
    } catch (error) {
      if (error instanceof TopologyDriftError) throw error
      logger.warn(
        { event: 'broker.topology_not_declared', error: errorText(error) },
        'the topology is not declared yet; it is tried again',
      )
      await sleepUnlessAborted(backoffDelayMs(failures, RETRY), signal)
    }
  }
  return false
}
