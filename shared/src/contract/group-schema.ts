import { z } from 'zod'
import { GROUP_STATES } from '../task/index.ts'
import { deadLetterStateSchema } from './dead-letter-schema.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'
import { reasonSchema } from './operator-note-schema.ts'
import { sentInstantSchema } from './sent-instant-schema.ts'

export const groupStateSchema = z.enum(GROUP_STATES).meta({
  id: 'GroupState',
  description:
    '`open`: needs an operator. `regressed`: was resolved, and came back. `ignored`: until an end, or for ever. `resolved`: should not come back.',
})

const countedSchema = z.object({ name: z.string(), count: z.int() }).meta({ id: 'Counted' })

const countsSchema = z
  .object({ all: z.int(), carried: z.int(), open: z.int(), redriven: z.int(), discarded: z.int() })
  .meta({ id: 'GroupCounts', description: 'Dead letters by their states.' })

const ignoredSchema = z
  .object({
    untilAt: instantSchema.nullable(),
    untilCount: z.int().nullable(),
    overRatePerHour: z.int().nullable(),
  })
  .meta({
    id: 'GroupIgnored',
    description: 'It is open again at the first of these; never when all are null.',
  })

const exampleSchema = z
  .object({
    id: idSchema,
    taskId: idSchema.nullable(),
    tenant: z.string(),
    type: z.string().nullable(),
    state: deadLetterStateSchema,
    reason: z.string(),
    diedAt: instantSchema,
  })
  .meta({ id: 'GroupExample', description: 'The newest dead letter.' })

/** All dead letters of one fault, counted. */
export const groupSchema = z
  .object({
    fingerprint: z.string(),
    title: z.string().meta({
      description:
        'What all its errors say: ids, numbers, texts, addresses and paths are replaced by their kind.',
      examples: ['Error: connect ECONNREFUSED <address>'],
    }),
    state: groupStateSchema.meta({
      description: "Of several tenants' states the one that needs an operator most.",
    }),
    counts: countsSchema,
    firstSeenAt: instantSchema,
    lastSeenAt: instantSchema.nullable().meta({ description: 'Null when its dead letters are all gone.' }),
    hourly: z
      .array(z.int())
      .meta({ description: 'Dead letters in each of the last 24 hours; the last is the hour up to now.' }),
    types: z.array(countedSchema).meta({ description: 'The 20 with most dead letters.' }),
    workerVersions: z.array(countedSchema).meta({ description: 'The 20 with most dead letters.' }),
    tenants: z
      .array(z.object({ name: z.string(), state: groupStateSchema, count: z.int() }))
      .meta({ description: 'The 20 with most dead letters, each with the state of its group.' }),
    tenantCount: z.int(),
    example: exampleSchema.nullable(),
    ignored: ignoredSchema.nullable(),
    stateChangedAt: instantSchema.nullable(),
    stateChangedBy: z.string().nullable(),
    stateReason: z.string().nullable(),
    noteCount: z.int(),
  })
  .meta({ id: 'Group' })

const noteSchema = z
  .object({ id: idSchema, at: instantSchema, author: z.string(), text: z.string() })
  .meta({ id: 'GroupNote' })

const historyEntrySchema = z
  .object({
    at: instantSchema,
    actor: z.string(),
    action: z.string().meta({ examples: ['group.resolved'] }),
    reason: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
    tenants: z.array(z.string()),
  })
  .meta({ id: 'GroupHistoryEntry' })

export const groupDetailSchema = groupSchema
  .extend({
    notes: z.array(noteSchema).meta({ description: 'Oldest first.' }),
    history: z
      .array(historyEntrySchema)
      .meta({ description: 'Newest first; `redrive` is the dispatcher itself.' }),
  })
  .meta({ id: 'GroupDetail' })

/** The dispatcher counts so far every other second, which takes it some ten milliseconds. */
const MAX_THRESHOLD = 100_000

const expectedStateSchema = groupStateSchema
  .optional()
  .meta({ description: 'Refuse with 409 unless the group is in this state.' })

export const groupOrderSchema = z
  .strictObject({ reason: reasonSchema.optional(), expectedState: expectedStateSchema })
  .meta({ id: 'GroupOrder' })

export const ignoreOrderSchema = z
  .strictObject({
    untilAt: sentInstantSchema.optional(),
    untilCount: z
      .int()
      .min(1)
      .max(MAX_THRESHOLD)
      .optional()
      .meta({ description: 'Open again with so many further dead letters of a tenant.' }),
    overRatePerHour: z
      .int()
      .min(1)
      .max(MAX_THRESHOLD)
      .optional()
      .meta({ description: 'Open again when a tenant has more than so many within an hour.' }),
    reason: reasonSchema.optional(),
    expectedState: expectedStateSchema,
  })
  .meta({ id: 'IgnoreOrder' })

const MAX_NOTE_LENGTH = 4_000

export const newGroupNoteSchema = z
  .strictObject({ text: z.string().trim().min(1).max(MAX_NOTE_LENGTH) })
  .meta({ id: 'NewGroupNote' })

export type GroupResource = z.infer<typeof groupSchema>
export type GroupDetailResource = z.infer<typeof groupDetailSchema>
export type GroupOrder = z.infer<typeof groupOrderSchema>
export type IgnoreOrder = z.infer<typeof ignoreOrderSchema>
export type NewGroupNoteBody = z.infer<typeof newGroupNoteSchema>
