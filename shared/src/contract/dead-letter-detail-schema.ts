import { z } from 'zod'
import { deadLetterSchema } from './dead-letter-schema.ts'
import { timelineSchema } from './timeline-entry-schema.ts'

/** One dead letter alone: with the story of its task, before and after. */
export const deadLetterDetailSchema = z
  .object({ ...deadLetterSchema.shape, timeline: timelineSchema })
  .meta({ id: 'DeadLetterDetail' })

export type DeadLetterDetail = z.infer<typeof deadLetterDetailSchema>
