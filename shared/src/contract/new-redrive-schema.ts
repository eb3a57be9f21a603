import { z } from 'zod'
import { LANES, MAX_ATTEMPTS } from '../task/index.ts'
import { reasonSchema } from './operator-note-schema.ts'

const MAX_EXPIRES_MS = 7 * 86_400_000

/** What a redrive of many is to be; nothing goes back before it is executed. */
export const newRedriveSchema = z
  .strictObject({
    filter: z.record(z.string(), z.unknown()).meta({
      description:
        'Which dead letters, in the same fields as the parameters of `GET /api/v1/dead-letters`. Only open ones are members, whatever it says of the state; `{}` means all of them.',
    }),
    reason: reasonSchema.optional(),
    ratePerSecond: z
      .number()
      .min(0.001)
      .max(100_000)
      .optional()
      .meta({ description: 'As many go back in a second at most.' }),
    concurrency: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .meta({ description: 'As many of them at most have not ended at the same time.' }),
    lane: z.enum(LANES).optional(),
    maxAttempts: z
      .int()
      .min(1)
      .max(MAX_ATTEMPTS)
      .optional()
      .meta({ description: 'Attempts of each new life; the task’s original number unless given.' }),
    inputPatch: z.record(z.string(), z.unknown()).optional().meta({
      description:
        'A JSON Merge Patch (RFC 7396) for the input of each member. Where the result does not fit the input schema of its type, the member is skipped.',
    }),
    expiresInMs: z
      .int()
      .min(1_000)
      .max(MAX_EXPIRES_MS)
      .optional()
      .meta({ description: 'After this the plan cannot be executed any more; an hour unless given.' }),
  })
  .meta({ id: 'NewRedrive' })

export type NewRedrive = z.infer<typeof newRedriveSchema>
