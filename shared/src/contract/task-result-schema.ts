import { z } from 'zod'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'

/** What a succeeded task returned. */
export const taskResultSchema = z
  .object({ id: idSchema, state: z.literal('succeeded'), result: z.unknown(), finishedAt: instantSchema })
  .meta({ id: 'TaskResult' })

/** The same in a list, where one wants to know what kind of task it was. */
export const listedResultSchema = z
  .object({ ...taskResultSchema.shape, tenant: z.string(), type: z.string() })
  .meta({ id: 'ListedResult' })

export type TaskResult = z.infer<typeof taskResultSchema>
export type ListedResult = z.infer<typeof listedResultSchema>
