import { z } from 'zod'
import { instantSchema } from './instant-schema.ts'

export const retryPolicySchema = z
  .object({ maxAttempts: z.int(), baseDelayMs: z.number(), factor: z.number(), maxDelayMs: z.number() })
  .meta({ id: 'RetryPolicy' })

/** A task type as workers registered it. */
export const taskTypeSchema = z
  .object({
    name: z.string(),
    inputSchema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema, 2020-12.' }),
    lane: z.string(),
    retry: retryPolicySchema,
    timeoutMs: z.int(),
    expectedDurationMs: z.number().nullable(),
    workerVersion: z.string(),
    workers: z.int().meta({ description: 'Workers alive now that run it.' }),
    registeredAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'TaskType' })

export type TaskTypeResource = z.infer<typeof taskTypeSchema>
