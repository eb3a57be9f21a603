import { z } from 'zod'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'

/** What an operator did. */
export const auditEntrySchema = z
  .object({
    at: instantSchema,
    actor: z.string(),
    action: z.string().meta({ examples: ['dead_letter.redriven'] }),
    deadLetterId: idSchema.nullable(),
    reason: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' })

export type AuditEntry = z.infer<typeof auditEntrySchema>
