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

/** The same in the list of all that was done, where it says to what. */
export const listedAuditEntrySchema = z
  .object({ id: idSchema, tenant: z.string(), taskId: idSchema.nullable(), ...auditEntrySchema.shape })
  .meta({ id: 'ListedAuditEntry' })

export type ListedAuditEntry = z.infer<typeof listedAuditEntrySchema>
export type AuditEntry = z.infer<typeof auditEntrySchema>
