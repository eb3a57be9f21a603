import { z } from 'zod'
import { LANES, MAX_ATTEMPTS } from '../task/index.ts'
import { reasonSchema } from './operator-note-schema.ts'

/** How a dead letter goes back; everything that is left out stays as it was. */
export const redriveOrderSchema = z
  .strictObject({
    input: z
      .unknown()
      .optional()
      .meta({ description: 'An edited input; must fit the input schema of the type.' }),
    lane: z.enum(LANES).optional(),
    maxAttempts: z
      .int()
      .min(1)
      .max(MAX_ATTEMPTS)
      .optional()
      .meta({ description: 'Attempts of the new life; the task’s original number unless given.' }),
    reason: reasonSchema.optional(),
  })
  .meta({ id: 'RedriveOrder' })

export type RedriveOrder = z.infer<typeof redriveOrderSchema>
