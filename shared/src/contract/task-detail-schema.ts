import { z } from 'zod'
import { attemptSchema } from './attempt-schema.ts'
import { auditEntrySchema } from './audit-entry-schema.ts'
import { deadLetterStateSchema } from './dead-letter-schema.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'
import { taskSchema } from './task-schema.ts'
import { timelineSchema } from './timeline-entry-schema.ts'

/** One task alone: all that is known about it. */
export const taskDetailSchema = z
  .object({
    ...taskSchema.shape,
    attempts: z.array(attemptSchema).meta({ description: 'In order; of very many, the latest 1,000.' }),
    explanation: z.string().meta({ description: 'What happened so far and what follows, in words.' }),
    timeline: timelineSchema,
    deadLetters: z.array(z.object({ id: idSchema, state: deadLetterStateSchema, diedAt: instantSchema })),
    history: z.array(auditEntrySchema).meta({ description: 'What operators did to it, oldest first.' }),
  })
  .meta({ id: 'TaskDetail' })

export type TaskDetail = z.infer<typeof taskDetailSchema>
