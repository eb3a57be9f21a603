import { DEAD_EXCHANGE, EXCHANGE, laneQueue } from '@redrive/shared/broker'
import { encodeTicket, LANES } from '@redrive/shared/task'
import amqp, { type Options } from 'amqplib'
import { randomUUID } from 'node:crypto'
import type { Fault, Stage } from '../stage.ts'

interface Message {
  readonly body: Buffer
  readonly exchange?: string
  readonly options?: Options.Publish
}

const TICKETS = 200

/** Messages that nobody of ours sent, or not like this. */
export const MESSAGE_FAULTS: readonly Fault[] = [
  {
    name: 'duplicate-tickets',
    meaning: 'the tickets of open tasks are published three times more, in another order',
    inject: async (stage) => {
      const tickets = await openTickets(stage)
      await publish(
        stage,
        stage.random
          .shuffle([...tickets, ...tickets, ...tickets])
          .map((ticket) => ({ body: encodeTicket(ticket) })),
      )
    },
  },
  {
    name: 'old-tickets',
    meaning:
      'tickets with numbers that are over, of open and of ended tasks, to a lane and to the error queue',
    inject: async (stage) => {
      const tickets = [...(await openTickets(stage)), ...(await endedTickets(stage))]
      const old = tickets.map(({ taskId, number }) => ({ taskId, number: stage.random.int(1, number) }))
      await publish(
        stage,
        old.map((ticket) => ({
          body: encodeTicket(ticket),
          ...(stage.random.chance(0.3) && { exchange: DEAD_EXCHANGE }),
        })),
      )
    },
  },
  {
    name: 'foreign-messages',
    meaning:
      'messages that are no tickets, with forged headers and routing, to a lane and to the error queue',
    inject: async (stage) => {
      const bodies = foreignBodies()
      await publish(
        stage,
        bodies.flatMap((body) => [
          { body },
          { body, exchange: DEAD_EXCHANGE },
          {
            body,
            options: {
              headers: { 'x-death': [{ queue: 'x', count: 9 }], 'x-delivery-count': 99 },
              CC: [laneQueue('low')],
            },
          },
        ]),
      )
    },
  },
]

function foreignBodies(): readonly Buffer[] {
  return [
    Buffer.from('not json'),
    Buffer.alloc(0),
    Buffer.from([0xff, 0xfe, 0x00, 0x01]),
    Buffer.from('{"taskId":12,"number":"one"}'),
    Buffer.from('[]'),
    Buffer.from(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
    Buffer.from(encodeTicket({ taskId: randomUUID(), number: 1 })),
    Buffer.alloc(2_000_000, 'x'),
  ]
}

async function openTickets({ ledger }: Stage) {
  const rows = await ledger.db.selectFrom('open_tasks').select(['task_id', 'number']).limit(TICKETS).execute()
  return rows.map(({ task_id, number }) => ({ taskId: task_id, number }))
}

async function endedTickets({ ledger }: Stage) {
  const rows = await ledger.db
    .selectFrom('tasks')
    .select(['id', 'number'])
    .where('state', 'is not', null)
    .orderBy('id', 'desc')
    .limit(TICKETS)
    .execute()
  return rows.map(({ id, number }) => ({ taskId: id, number: number ?? 1 }))
}

async function publish({ rabbitmq, random }: Stage, messages: readonly Message[]): Promise<void> {
  const connection = await amqp.connect(rabbitmq.amqpUrl, { timeout: 5_000 })
  // Another fault may end it in the middle; then some of it was not sent, which is as good.
  connection.on('error', () => undefined)
  const channel = await connection.createConfirmChannel()
  channel.on('error', () => undefined)
  for (const { body, exchange = EXCHANGE, options = {} } of messages)
    channel.publish(exchange, laneQueue(random.pick(LANES)), body, { persistent: true, ...options })
  await channel.waitForConfirms()
  await connection.close()
}
