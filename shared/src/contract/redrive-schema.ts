import { z } from 'zod'
import { REDRIVE_STATES } from '../task/index.ts'
import { deadLetterSchema } from './dead-letter-schema.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'

const count = z.int().min(0)

export const redriveStateSchema = z.enum(REDRIVE_STATES).meta({
  id: 'RedriveState',
  description:
    '`planned`: frozen, nothing has gone back. `running`, `paused`. `stopped`: members that had no turn stay as they are. `completed`: every member had its turn. `expired`: not executed in time.',
})

export const redriveGroupSchema = z.object({
  fingerprint: z.string(),
  title: z.string().nullable(),
  count,
})

/** How far a redrive is. The four counts add up to its members. */
export const redriveProgressSchema = z
  .object({
    planned: count.meta({ description: 'Members that had no turn yet; after a stop they stay open.' }),
    redriven: count,
    skipped: count,
    recalled: count,
    perSecond: z
      .number()
      .nullable()
      .meta({ description: 'Since it was started or resumed; null before, and while it is paused.' }),
    etaSeconds: z
      .number()
      .nullable()
      .meta({ description: 'Until every member has had its turn, at this pace.' }),
  })
  .meta({ id: 'RedriveProgress' })

const redriveFields = {
  id: idSchema,
  state: redriveStateSchema,
  filter: z.record(z.string(), z.unknown()),
  reason: z.string().nullable(),
  actor: z.string(),
  plannedAt: instantSchema,
  expiresAt: instantSchema.meta({ description: 'Until then the plan can be executed.' }),
  startedAt: instantSchema.nullable(),
  startedBy: z.string().nullable().meta({ description: 'Who executed it; `actor` planned it.' }),
  endedAt: instantSchema.nullable(),
  ratePerSecond: z.number().nullable(),
  concurrency: z.int().nullable(),
  lane: z.string().nullable(),
  maxAttempts: z.int().nullable(),
  inputPatch: z.record(z.string(), z.unknown()).nullable(),
  memberCount: count,
  foreignExcluded: count.meta({
    description: 'Messages that belong to no task matched too; each is sent back by itself.',
  }),
  groupCount: count,
  groups: z.array(redriveGroupSchema).meta({ description: 'The largest hundred.' }),
  types: z.array(z.object({ type: z.string().nullable(), count })),
  tenants: z.array(z.object({ tenantId: idSchema, name: z.string().nullable(), count })),
  progress: redriveProgressSchema,
  recall: z
    .object({
      askedAt: instantSchema,
      actor: z.string(),
      reason: z.string().nullable(),
      endedAt: instantSchema
        .nullable()
        .meta({ description: 'Null while members are still being taken back.' }),
    })
    .nullable(),
}

/** A redrive of many dead letters. */
export const redriveSchema = z.object(redriveFields).meta({ id: 'Redrive' })

/** A new one, with dead letters from all over it to look at. */
export const redrivePlanSchema = z
  .object({ ...redriveFields, samples: z.array(deadLetterSchema) })
  .meta({ id: 'RedrivePlan' })

export type RedriveResource = z.infer<typeof redriveSchema>
