import { z } from 'zod'
import { attemptSchema } from './attempt-schema.ts'
import { crashEvidenceSchema } from './crash-evidence-schema.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'
import { taskErrorSchema } from './task-error-schema.ts'

export const DEAD_LETTER_STATES = ['carried', 'open', 'redriven', 'discarded'] as const

export const deadLetterStateSchema = z.enum(DEAD_LETTER_STATES).meta({
  id: 'DeadLetterState',
  description:
    '`carried`: on its way through the error queue. `open`: waits for an operator. `redriven`, `discarded`: closed.',
})

/** What RabbitMQ wrote on the message when it dead-lettered it. */
export const brokerEvidenceSchema = z
  .object({
    queue: z.string().nullable(),
    exchange: z.string().nullable(),
    routingKey: z.string().nullable(),
    reason: z
      .string()
      .nullable()
      .meta({ examples: ['rejected', 'expired', 'maxlen', 'delivery_limit'] }),
    count: z.number().nullable(),
    time: z.string().nullable(),
    headers: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'BrokerEvidence' })

/** A foreign message as it came: text where it is UTF-8, else base64. */
export const rawMessageSchema = z
  .object({ encoding: z.enum(['utf8', 'base64']), body: z.string(), contentType: z.string().nullable() })
  .meta({ id: 'RawMessage' })

/** A dead letter: everything known about one death. */
export const deadLetterSchema = z
  .object({
    id: idSchema,
    taskId: idSchema.nullable().meta({ description: 'Null for a foreign message.' }),
    tenant: z.string().meta({ description: 'The name of its tenant; of a foreign message, the operator’s.' }),
    type: z.string().nullable(),
    lane: z.string().nullable(),
    user: z.string().nullable().meta({ description: 'On whose behalf its task was submitted.' }),
    tags: z.array(z.string()).meta({ description: 'Those of its task.' }),
    state: deadLetterStateSchema,
    reason: z.string().meta({ examples: ['attempts_exhausted', 'permanent_error', 'timed_out', 'crashed'] }),
    error: taskErrorSchema,
    fingerprint: z
      .string()
      .meta({ description: 'The same for the same fault, whatever ids and numbers it names.' }),
    broker: brokerEvidenceSchema.nullable(),
    evidence: crashEvidenceSchema
      .nullable()
      .meta({ description: 'What was seen of the process that died with the last attempt.' }),
    diedAt: instantSchema,
    openedAt: instantSchema.nullable(),
    closedAt: instantSchema.nullable(),
    closedBy: z.string().nullable(),
    closingReason: z.string().nullable(),
    retainedUntil: instantSchema
      .nullable()
      .meta({ description: 'When it may be deleted, with its task if that has failed; null: never.' }),
    input: z
      .unknown()
      .meta({ description: 'What the task was run with when it died; sensitive values are `[masked]`.' }),
    attemptCount: z.int().meta({ description: 'Attempts that were charged up to this death.' }),
    workerVersion: z.string().nullable().meta({ description: 'Of the worker that made the last attempt.' }),
    redriveId: idSchema.nullable().meta({ description: 'The redrive of many that sent it back.' }),
    attempts: z.array(attemptSchema).meta({ description: 'Up to this death.' }),
    raw: rawMessageSchema.nullable().meta({ description: 'The message itself; null unless it is foreign.' }),
    explanation: z.string(),
  })
  .meta({ id: 'DeadLetter' })

export type BrokerEvidence = z.infer<typeof brokerEvidenceSchema>
export type DeadLetterResource = z.infer<typeof deadLetterSchema>
