import type { Channel } from 'amqplib'
import type { BrokerConnection } from './broker-connection.ts'
import { BrokerUnavailableError } from './broker-unavailable-error.ts'
import { openChannel, type OpenChannel } from './open-channel.ts'
import { withinDeadline } from './within-deadline.ts'

export interface SpareChannelUse {
  /** Completes the sentence "RabbitMQ did not …". */
  readonly what: string
  /** For everything together, waiting for a connection included. */
  readonly deadlineMs: number
}

/**
 * Runs `work` on a channel that is thrown away afterwards, because a refused declaration closes its channel.
 * Rejects as `work` does, or with `BrokerUnavailableError` when there is no connection or no answer in time.
 */
export async function useSpareChannel<T>(
  connection: BrokerConnection,
  use: SpareChannelUse,
  work: (channel: Channel) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(use.deadlineMs)
  const opening = openSpareChannel(connection, use, deadline)
  const worked = opening.then(async ({ channel }) => await work(channel))
  try {
    return await withinDeadline(worked, { ms: use.deadlineMs, what: use.what })
  } finally {
    // Not awaited: the result is here, and one that opens after the deadline is closed as well.
    opening.then((spare) => spare.close('no longer needed')).catch(() => undefined)
  }
}

async function openSpareChannel(
  connection: BrokerConnection,
  use: SpareChannelUse,
  deadline: AbortSignal,
): Promise<OpenChannel> {
  const link = await connection.waitForLink(deadline)
  if (!link)
    throw new BrokerUnavailableError(`Not connected to RabbitMQ, which therefore did not ${use.what}`)
  return await openChannel(link)
}
