import type { Channel } from 'amqplib'
import type { BrokerConnection } from './broker-connection.ts'
import { errorText, replyCode } from './error-text.ts'
import { parseDrift } from './parse-drift.ts'
import { TOPOLOGY, type QueueDefinition, type TopologyObject } from './topology.ts'
import { TopologyDriftError } from './topology-drift-error.ts'
import { useSpareChannel } from './use-spare-channel.ts'

const PRECONDITION_FAILED = 406
/** Nine objects take milliseconds; a cluster without a majority for its metadata does not answer at all. */
const DEADLINE_MS = 10_000

/**
 * Declares every exchange, queue and binding that is missing; those that exist are left as they are, so it may be
 * called at any time, by any number of processes. Waits up to ten seconds for a connection.
 *
 * Throws `TopologyDriftError` when an object exists with other arguments (fatal: a person must decide), and
 * `BrokerUnavailableError` when there was no connection or no answer (worth repeating).
 */
export async function assertTopology(connection: BrokerConnection): Promise<void> {
  const use = { what: 'declare the topology', deadlineMs: DEADLINE_MS }
  await useSpareChannel(connection, use, async (channel) => {
    for (const object of TOPOLOGY) await declareOrExplain(channel, object)
  })
}

async function declareOrExplain(channel: Channel, object: TopologyObject): Promise<void> {
  try {
    await declareObject(channel, object)
  } catch (error) {
    if (object.kind === 'binding' || replyCode(error) !== PRECONDITION_FAILED) throw error
    const brokerText = errorText(error)
    const drift = parseDrift({ kind: object.kind, name: object.name }, brokerText)
    throw new TopologyDriftError(drift, { cause: error, brokerText })
  }
}

async function declareObject(channel: Channel, object: TopologyObject): Promise<unknown> {
  switch (object.kind) {
    case 'exchange':
      return await channel.assertExchange(object.name, object.type, { durable: true })
    case 'queue':
      return await channel.assertQueue(object.name, { durable: true, arguments: argumentsOf(object) })
    case 'binding':
      return await channel.bindQueue(object.queue, object.exchange, object.pattern)
  }
}

function argumentsOf(queue: QueueDefinition): Record<string, string | number> {
  return Object.fromEntries(queue.arguments.map(({ name, value }) => [name, value]))
}
