import { z } from 'zod'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'

export const WORKER_STATES = ['running', 'draining', 'stopped', 'lost'] as const

/** A worker process, alive or gone. */
export const workerSchema = z
  .object({
    id: idSchema,
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    lanes: z.array(z.string()),
    types: z.array(z.string()),
    concurrency: z.int(),
    state: z.enum(WORKER_STATES),
    startedAt: instantSchema,
    leaseUntil: instantSchema,
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Worker' })

export type WorkerResource = z.infer<typeof workerSchema>
