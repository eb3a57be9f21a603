import type { BrokerConnection } from './broker-connection.ts'
import { BrokerUnavailableError } from './broker-unavailable-error.ts'
import { replyCode } from './error-text.ts'
import { openConfirmChannel } from './open-channel.ts'
import { useSpareChannel } from './use-spare-channel.ts'
import { withinDeadline } from './within-deadline.ts'

const NOT_FOUND = 404
const DEADLINE_MS = 2_000
/** The limit as for the error queue: looking at the message gives it back, which some versions count. */
const ARGUMENTS = { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000 }

/** The queue of a mark. Its name says which broker this is, and the one message in it that the broker kept its messages. */
export function markQueue(mark: string): string {
  return `redrive.mark.${mark}`
}

/**
 * Whether the broker still is the one in which the mark was left. False after its data were erased, when the address
 * leads to another broker, and also when only the definitions came over to a new one.
 * Throws `BrokerUnavailableError` when there is no connection or no answer.
 */
export async function isMarkPresent(connection: BrokerConnection, mark: string): Promise<boolean> {
  const queue = markQueue(mark)
  try {
    return await useSpareChannel(
      connection,
      { what: `look for ${queue}`, deadlineMs: DEADLINE_MS },
      async (channel) => {
        const { messageCount } = await channel.checkQueue(queue)
        if (messageCount > 0) return true
        // n.b. A quorum queue without a leader counts no messages either; asked for one, it does not answer.
        const message = await channel.get(queue)
        if (message !== false) channel.nack(message, false, true)
        return message !== false
      },
    )
  } catch (error) {
    if (replyCode(error) === NOT_FOUND) return false
    throw error
  }
}

/**
 * Leaves the mark: a quorum queue with one message, which the broker has confirmed when this resolves.
 * Throws `BrokerUnavailableError`; what was left half-way counts as missing.
 */
export async function leaveMark(connection: BrokerConnection, mark: string): Promise<void> {
  const queue = markQueue(mark)
  const link = await connection.waitForLink(AbortSignal.timeout(DEADLINE_MS))
  if (link === null)
    throw new BrokerUnavailableError('Not connected to RabbitMQ, which therefore got no mark')
  const open = await openConfirmChannel(link)
  try {
    const leaving = (async () => {
      const { channel } = open
      await channel.assertQueue(queue, { durable: true, arguments: ARGUMENTS })
      channel.publish('', queue, Buffer.from(mark), { persistent: true, mandatory: true })
      await channel.waitForConfirms()
    })()
    await withinDeadline(leaving, { ms: 5 * DEADLINE_MS, what: `take the mark ${queue}` })
  } finally {
    await open.close('no longer needed')
  }
}
