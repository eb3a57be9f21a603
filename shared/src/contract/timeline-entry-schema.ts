import { z } from 'zod'
import { TIMELINE_KINDS } from '../task/index.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'
import { progressSchema } from './progress-schema.ts'
import { taskErrorSchema } from './task-error-schema.ts'

/** One thing that happened to a task or a dead letter. */
export const timelineEntrySchema = z
  .object({
    at: instantSchema,
    kind: z.enum(TIMELINE_KINDS),
    text: z.string().meta({ description: 'What happened, in a sentence or two.' }),
    attempt: z.int().optional(),
    dispatch: z.int().optional(),
    workerId: idSchema.optional(),
    host: z.string().optional(),
    workerVersion: z.string().optional(),
    outcome: z.string().optional(),
    isCharged: z.boolean().optional(),
    durationMs: z
      .int()
      .optional()
      .meta({ description: 'Absent where nobody saw the end, as of a lost attempt.' }),
    error: taskErrorSchema.optional(),
    progress: progressSchema.optional(),
    evidence: z
      .looseObject({})
      .optional()
      .meta({ description: 'What was seen of the process that died with the attempt.' }),
    deadLetterId: idSchema.optional(),
    fingerprint: z.string().optional(),
    actor: z.string().optional(),
    action: z.string().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'TimelineEntry' })

export const timelineSchema = z.array(timelineEntrySchema).meta({
  description:
    'All that is known of it, in the order in which it happened, over all lives. Of very many attempts the newest are told; an entry of the kind `left_out` says how many more there were.',
})

export type TimelineEntryResource = z.infer<typeof timelineEntrySchema>
