import type { BrokerConnection } from './broker-connection.ts'
import { replyCode } from './error-text.ts'
import { useSpareChannel } from './use-spare-channel.ts'

export interface QueueDepth {
  /** Messages waiting for a consumer; those delivered and not yet settled are not counted. */
  readonly ready: number
  readonly consumers: number
}

const NOT_FOUND = 404
/** Long enough for a busy broker, short enough for a request that waits for the figure. */
const DEADLINE_MS = 2_000

/**
 * Depth and consumers of a queue, or null when it does not exist. Consumes nothing.
 * Throws `BrokerUnavailableError` when there is no connection or no answer within two seconds.
 */
export async function inspectQueue(connection: BrokerConnection, queue: string): Promise<QueueDepth | null> {
  const use = { what: `describe the queue ${queue}`, deadlineMs: DEADLINE_MS }
  try {
    const found = await useSpareChannel(connection, use, async (channel) => await channel.checkQueue(queue))
    return { ready: found.messageCount, consumers: found.consumerCount }
  } catch (error) {
    if (replyCode(error) === NOT_FOUND) return null
    throw error
  }
}
