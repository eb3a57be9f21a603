import { z } from 'zod'

const count = (description: string) => z.int().nullable().meta({ description })

/** A lane, or the error queue: what the broker holds and what the ledger knows. Reading it consumes nothing. */
export const queueSchema = z
  .object({
    name: z.string().meta({ examples: ['normal'] }),
    kind: z.enum(['lane', 'error']),
    brokerQueue: z
      .string()
      .meta({ description: 'The queue’s name in RabbitMQ.', examples: ['redrive.v1.normal'] }),
    ready: count('Messages waiting for a consumer, by RabbitMQ’s count; null where it did not answer.'),
    unacknowledged: count(
      'Messages with consumers; null unless RabbitMQ’s management API is configured and answers.',
    ),
    consumers: count('Null where RabbitMQ did not answer.'),
    scheduled: count('Tasks due later; null for the error queue.'),
    waiting: count('Tasks that are due and not yet with the broker; null for the error queue.'),
    queued: count('Tasks whose ticket is with the broker; null for the error queue.'),
    running: count('Null for the error queue.'),
    retrying: count('Null for the error queue.'),
    deadLetters: count('Dead letters that are carried or open; null for a lane.'),
    note: z.string().nullable().meta({ description: 'Why a figure is missing.' }),
  })
  .meta({ id: 'Queue' })

export type QueueResource = z.infer<typeof queueSchema>
