import { z } from 'zod'
import { crashEvidenceSchema } from './crash-evidence-schema.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'
import { progressSchema } from './progress-schema.ts'
import { taskErrorSchema } from './task-error-schema.ts'

export const ATTEMPT_OUTCOMES = [
  'running',
  'succeeded',
  'failed',
  'timed_out',
  'lost',
  'returned',
  'run_later',
  'cancelled',
] as const

/** One run of a task by a worker. */
export const attemptSchema = z
  .object({
    attempt: z.int().meta({ description: 'Counted from 1 over all lives of the task.' }),
    dispatch: z.int().meta({ description: 'The number of the ticket that started it.' }),
    outcome: z.enum(ATTEMPT_OUTCOMES),
    isCharged: z.boolean().meta({ description: 'Whether it uses up one of the task’s `maxAttempts`.' }),
    workerId: idSchema,
    host: z.string().nullable().meta({ description: 'Where the worker ran.' }),
    workerVersion: z.string().nullable(),
    startedAt: instantSchema,
    endedAt: instantSchema.nullable(),
    error: taskErrorSchema.nullable(),
    progress: progressSchema.nullable(),
    decision: z.string().nullable().meta({ description: 'What followed from the outcome, in words.' }),
    note: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'What a worker reported about the attempt after it had been taken away.' }),
    evidence: crashEvidenceSchema
      .nullable()
      .meta({ description: 'What was seen of the process that died with the attempt.' }),
  })
  .meta({ id: 'Attempt' })

export type Attempt = z.infer<typeof attemptSchema>
