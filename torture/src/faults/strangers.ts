import { DEAD_EXCHANGE, ERROR_QUEUE, EXCHANGE, laneQueue } from '@redrive/shared/broker'
import { encodeTicket, LANES } from '@redrive/shared/task'
import amqp, { type Channel, type ConsumeMessage } from 'amqplib'
import type { Fault, Stage } from '../stage.ts'

/** What one stranger may lay hands on at once. */
const PREFETCH = 50
const TICKETS = 100

/** Programs that are none of ours and use our queues all the same. */
export const STRANGER_FAULTS: readonly Fault[] = [
  stranger({
    name: 'steal-tickets',
    meaning: 'somebody else consumes every lane for 2 to 6 s and acknowledges what it gets',
    queues: LANES.map((lane) => laneQueue(lane)),
    settle: (channel, message) => channel.ack(message),
  }),
  stranger({
    name: 'hold-tickets',
    meaning: 'somebody else consumes every lane for 2 to 6 s, settles nothing, and then goes',
    queues: LANES.map((lane) => laneQueue(lane)),
    settle: () => undefined,
  }),
  stranger({
    name: 'reject-tickets',
    meaning:
      'somebody else consumes every lane for 2 to 6 s and rejects what it gets, as if the tasks had failed',
    queues: LANES.map((lane) => laneQueue(lane)),
    settle: (channel, message) => channel.reject(message, false),
  }),
  stranger({
    name: 'requeue-tickets',
    meaning:
      'somebody else consumes every lane for 2 to 6 s and gives back what it gets, up to the delivery limit',
    queues: LANES.map((lane) => laneQueue(lane)),
    settle: (channel, message) => channel.reject(message, true),
  }),
  stranger({
    name: 'steal-dead-letters',
    meaning: 'somebody else consumes the error queue for 2 to 6 s and acknowledges what it gets',
    queues: [ERROR_QUEUE],
    settle: (channel, message) => channel.ack(message),
  }),
  {
    name: 'report-living-dead',
    meaning: 'the tickets of open tasks are published to the error queue, as if the tasks had died',
    inject: async (stage) => {
      for (const { taskId, number, lane } of await openTickets(stage))
        await publishOne(stage, {
          exchange: DEAD_EXCHANGE,
          queue: laneQueue(lane),
          ticket: { taskId, number },
        })
    },
  },
  {
    name: 'expired-tickets',
    meaning:
      'the tickets of open tasks are published with a time to live that is over, so that RabbitMQ buries them',
    inject: async (stage) => {
      for (const { taskId, number, lane } of await openTickets(stage))
        await publishOne(stage, {
          exchange: EXCHANGE,
          queue: laneQueue(lane),
          ticket: { taskId, number },
          expiresAfterMs: 0,
        })
    },
  },
  {
    name: 'future-tickets',
    meaning:
      'tickets of open tasks are published with numbers that do not exist yet, as after a ledger that went back',
    inject: async (stage) => {
      for (const { taskId, number, lane } of await openTickets(stage))
        await publishOne(stage, {
          exchange: EXCHANGE,
          queue: laneQueue(lane),
          ticket: { taskId, number: number + stage.random.int(1, 3) },
        })
    },
  },
]

interface Stranger {
  readonly name: string
  readonly meaning: string
  readonly queues: readonly string[]
  readonly settle: (channel: Channel, message: ConsumeMessage) => void
}

function stranger({ name, meaning, queues, settle }: Stranger): Fault {
  return {
    name,
    meaning,
    inject: async ({ rabbitmq, random, sleep, log }) => {
      const connection = await amqp.connect(rabbitmq.amqpUrl, { timeout: 5_000 })
      // Another fault may end it in the middle; then the stranger has gone earlier, which is as good.
      connection.on('error', () => undefined)
      const channel = await connection.createChannel()
      channel.on('error', () => undefined)
      await channel.prefetch(PREFETCH)
      let seen = 0
      for (const queue of queues)
        await channel.consume(queue, (message) => {
          seen += 1
          if (message !== null && seen <= PREFETCH * 10) settle(channel, message)
        })
      await sleep(random.int(2_000, 6_000))
      log('fault.stranger', { seen })
      await connection.close().catch(() => undefined)
    },
  }
}

async function openTickets({ ledger, random }: Stage) {
  const rows = await ledger.db
    .selectFrom('open_tasks')
    .select(['task_id', 'number', 'lane'])
    .limit(TICKETS)
    .execute()
  return random.shuffle(rows).flatMap(({ task_id, number, lane }) => {
    const known = LANES.find((one) => one === lane)
    return known === undefined ? [] : [{ taskId: task_id, number, lane: known }]
  })
}

interface Forgery {
  readonly exchange: string
  readonly queue: string
  readonly ticket: Parameters<typeof encodeTicket>[0]
  readonly expiresAfterMs?: number
}

async function publishOne({ rabbitmq }: Stage, forgery: Forgery): Promise<void> {
  const { exchange, queue, ticket, expiresAfterMs } = forgery
  const payload = Buffer.from(encodeTicket(ticket)).toString('base64')
  const name = encodeURIComponent(exchange)
  await rabbitmq.manage('POST', `/exchanges/%2F/${name}/publish`, {
    properties: {
      delivery_mode: 2,
      ...(expiresAfterMs !== undefined && { expiration: String(expiresAfterMs) }),
    },
    routing_key: queue,
    payload,
    payload_encoding: 'base64',
  })
}
