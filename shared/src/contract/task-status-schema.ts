import { z } from 'zod'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'
import { progressSchema } from './progress-schema.ts'
import { taskStateSchema } from './task-schema.ts'

/** The few facts that are worth asking for often. */
export const taskStatusSchema = z
  .object({
    id: idSchema,
    state: taskStateSchema,
    attempt: z.int(),
    maxAttempts: z.int(),
    progress: progressSchema.nullable(),
    runAt: instantSchema,
    startedAt: instantSchema.nullable(),
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'TaskStatus' })

export type TaskStatus = z.infer<typeof taskStatusSchema>
