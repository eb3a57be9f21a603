import { z } from 'zod'
import { MEMBER_OUTCOMES, REDRIVE_MEMBER_STATES, SKIP_CODES } from '../task/index.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'

export const redriveMemberStateSchema = z.enum(REDRIVE_MEMBER_STATES).meta({ id: 'RedriveMemberState' })

export const skipCodeSchema = z.enum(SKIP_CODES).meta({ id: 'RedriveSkipCode' })

export const memberOutcomeSchema = z.enum(MEMBER_OUTCOMES).meta({
  id: 'RedriveMemberOutcome',
  description: 'What became of the new life; `failed_same` means of the same fault as before.',
})

/** One dead letter of a redrive. */
export const redriveMemberSchema = z
  .object({
    position: z.int().min(1),
    deadLetterId: idSchema,
    taskId: idSchema,
    tenantId: idSchema,
    type: z.string().nullable(),
    fingerprint: z.string(),
    state: redriveMemberStateSchema,
    skipCode: skipCodeSchema.nullable(),
    skippedBecause: z.string().nullable(),
    dispatch: z.int().nullable().meta({ description: 'The number under which it went back.' }),
    isEdited: z.boolean(),
    actedAt: instantSchema.nullable(),
    outcome: memberOutcomeSchema.nullable(),
    nextDeadLetterId: idSchema.nullable().meta({ description: 'Of the new life, where it failed.' }),
  })
  .meta({ id: 'RedriveMember' })

export type RedriveMemberResource = z.infer<typeof redriveMemberSchema>
