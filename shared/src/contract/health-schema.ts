import { z } from 'zod'

export const livenessSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' })

/** Whether the api can accept tasks, and what it found. */
export const readinessSchema = z
  .object({ ready: z.boolean(), checks: z.record(z.string(), z.string()) })
  .meta({ id: 'Readiness' })
