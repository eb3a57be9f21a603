import { z } from 'zod'
import { instantSchema } from './instant-schema.ts'
import { retryPolicySchema } from './retry-policy-schema.ts'

/** A task type as workers registered it. */
export const taskTypeSchema = z
  .object({
    name: z.string(),
    inputSchema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema, 2020-12.' }),
    lane: z.string(),
    retry: retryPolicySchema,
    timeoutMs: z.int(),
    expectedDurationMs: z.number().nullable(),
    isolation: z
      .enum(['none', 'process'])
      .meta({ description: '`process`: each attempt runs in a process of its own.' }),
    memoryLimitMb: z
      .int()
      .nullable()
      .meta({ description: 'Above it, the process of an attempt is killed. Null for no limit.' }),
    workerVersion: z.string(),
    sensitive: z.array(z.string()).meta({
      description:
        'Fields of the input that are masked wherever it is shown; `*` stands for each element or field.',
      examples: [['card.number', 'patients.*.name']],
    }),
    workers: z.int().meta({ description: 'Workers alive now that run it.' }),
    registeredAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'TaskType' })

export type TaskTypeResource = z.infer<typeof taskTypeSchema>
