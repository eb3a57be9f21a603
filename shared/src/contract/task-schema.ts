import { z } from 'zod'
import { TASK_STATES } from '../task/index.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'
import { progressSchema } from './progress-schema.ts'
import { retryPolicySchema } from './retry-policy-schema.ts'
import { taskErrorSchema } from './task-error-schema.ts'

export const taskStateSchema = z.enum(TASK_STATES).meta({
  id: 'TaskState',
  description:
    '`scheduled`: due later. `waiting`: due, not yet with the broker. `queued`: its ticket is with the broker. ' +
    '`running`: a worker has it. `retrying`: an attempt failed, another is due later. The other four are endings.',
})

/** A task as every list and every answer about one shows it. */
export const taskSchema = z
  .object({
    id: idSchema,
    tenant: z.string().meta({ description: 'The name of its tenant.' }),
    type: z.string(),
    lane: z.string(),
    state: taskStateSchema,
    input: z.unknown(),
    result: z
      .unknown()
      .meta({ description: 'What the handler returned; null unless the task has succeeded.' }),
    error: taskErrorSchema
      .nullable()
      .meta({ description: 'The error that ended it; null unless the task has failed.' }),
    progress: progressSchema.nullable(),
    attempt: z.int().meta({ description: 'The latest attempt, 0 before the first.' }),
    maxAttempts: z.int(),
    timeoutMs: z
      .int()
      .nullable()
      .meta({ description: 'The task’s own limit for one attempt; null: that of its type.' }),
    retry: retryPolicySchema.omit({ maxAttempts: true }).partial().nullable().meta({
      description: 'What of its type’s retry policy is otherwise for this task; null: nothing of it.',
    }),
    user: z.string().nullable().meta({ description: 'On whose behalf it was submitted.' }),
    tags: z.array(z.string()),
    createdAt: instantSchema,
    runAt: instantSchema.meta({ description: 'When it may run next, or might have last.' }),
    startedAt: instantSchema.nullable().meta({ description: 'When its latest attempt began.' }),
    finishedAt: instantSchema.nullable(),
    expiresAt: instantSchema
      .nullable()
      .meta({ description: 'No attempt begins at this time or later; null: there is no deadline.' }),
    callbackUrl: z.string().nullable().meta({ description: 'Where its ending is told.' }),
  })
  .meta({ id: 'Task' })

export type TaskResource = z.infer<typeof taskSchema>
