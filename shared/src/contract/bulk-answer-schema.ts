import { z } from 'zod'
import { idSchema } from './id-schema.ts'

/** The answer to a bulk submission, which is accepted as a whole. */
export const bulkAnswerSchema = z
  .object({ accepted: z.int(), ids: z.array(idSchema).meta({ description: 'In the order sent.' }) })
  .meta({ id: 'BulkAnswer' })

export type BulkAnswer = z.infer<typeof bulkAnswerSchema>
