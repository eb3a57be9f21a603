import type { Channel } from 'amqplib'
import type { BrokerConnection } from './broker-connection.ts'
import { replyCode } from './error-text.ts'
import { TOPOLOGY, type ExchangeDefinition, type QueueDefinition } from './topology.ts'
import { useSpareChannel } from './use-spare-channel.ts'

/** A binding cannot be asked for over AMQP. */
export type FindableObject = ExchangeDefinition | QueueDefinition

const NOT_FOUND = 404
/** As for one queue: six objects take milliseconds. */
const DEADLINE_MS = 2_000

const FINDABLE = TOPOLOGY.filter((object) => object.kind !== 'binding')

/**
 * Which of our exchanges and queues the broker does not have. One channel for all while they are there, which is nearly
 * always. Throws `BrokerUnavailableError` when there is no connection or no answer.
 */
export async function findMissingObjects(connection: BrokerConnection): Promise<readonly FindableObject[]> {
  if (await areThere(connection, FINDABLE)) return []
  const found = await Promise.all(FINDABLE.map((object) => areThere(connection, [object])))
  return FINDABLE.filter((_, index) => found[index] === false)
}

async function areThere(connection: BrokerConnection, objects: readonly FindableObject[]): Promise<boolean> {
  const use = { what: 'describe exchanges and queues', deadlineMs: DEADLINE_MS }
  try {
    await useSpareChannel(connection, use, async (channel) => {
      for (const object of objects) await check(channel, object)
    })
    return true
  } catch (error) {
    if (replyCode(error) === NOT_FOUND) return false
    throw error
  }
}

async function check(channel: Channel, { kind, name }: FindableObject): Promise<unknown> {
  return kind === 'queue' ? await channel.checkQueue(name) : await channel.checkExchange(name)
}
