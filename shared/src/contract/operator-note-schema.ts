import { z } from 'zod'

export const MAX_REASON_LENGTH = 1_000

export const reasonSchema = z
  .string()
  .max(MAX_REASON_LENGTH)
  .meta({ description: 'Why, for whoever reads the history.' })

/** The body of a command that needs nothing but, perhaps, a reason. */
export const operatorNoteSchema = z
  .strictObject({ reason: reasonSchema.optional() })
  .meta({ id: 'OperatorNote' })

export type OperatorNote = z.infer<typeof operatorNoteSchema>
