import { z } from 'zod'
import { MAX_REASON_LENGTH } from './operator-note-schema.ts'

/** A command for all dead letters that a filter means. */
export const manyDeadLettersSchema = z
  .strictObject({
    filter: z.record(z.string(), z.unknown()).meta({
      description: 'Which: the fields of `GET /dead-letters`, at least one.',
    }),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(MAX_REASON_LENGTH)
      .meta({ description: 'Why, for whoever reads the history.' }),
  })
  .meta({ id: 'ManyDeadLetters' })

export type ManyDeadLetters = z.infer<typeof manyDeadLettersSchema>

const counts = {
  matched: z.int().meta({ description: 'How many the filter meant, of those that could be moved.' }),
  remaining: z.int().meta({ description: 'How many are left; send the same again for them.' }),
}

export const manyDiscardedSchema = z.object({ ...counts, discarded: z.int() }).meta({ id: 'ManyDiscarded' })

export const manyRestoredSchema = z.object({ ...counts, restored: z.int() }).meta({ id: 'ManyRestored' })
