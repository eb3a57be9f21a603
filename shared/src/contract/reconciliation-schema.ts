import { z } from 'zod'
import { DIFFERENCE_KINDS } from '../task/index.ts'
import { idSchema } from './id-schema.ts'
import { instantSchema } from './instant-schema.ts'

const count = z.int()

const openTasksSchema = z
  .object({ scheduled: count, retrying: count, waiting: count, queued: count, running: count })
  .meta({ id: 'OpenTaskCounts', description: 'Open tasks by state, as they are now.' })

const comparedQueueSchema = z
  .object({
    brokerQueue: z.string().meta({ examples: ['redrive.v1.normal'] }),
    ready: count.nullable().meta({ description: 'As it is now; null where RabbitMQ did not answer.' }),
    unacknowledged: count
      .nullable()
      .meta({ description: 'As it is now; null unless the management API is configured and answers.' }),
    consumers: count.nullable(),
    missing: count
      .nullable()
      .meta({ description: 'Confirmed tickets that the queue no longer had at the last look.' }),
    stuck: count.nullable().meta({
      description:
        'Messages that were neither ready nor unacknowledged in several looks: dead letters that the queue cannot hand on. Null without the management API.',
    }),
    policy: z
      .string()
      .nullable()
      .meta({ description: 'A policy that an operator has set for the queue, where the broker tells.' }),
    note: z.string().nullable().meta({ description: 'Why a figure is missing.' }),
  })
  .meta({ id: 'ComparedQueue' })

const differenceSchema = z
  .object({
    kind: z.enum(DIFFERENCE_KINDS),
    count,
    taskIds: z.array(idSchema).meta({ description: 'The first twenty of them.' }),
  })
  .meta({ id: 'LedgerDifference' })

const sweepSchema = z
  .object({
    startedAt: instantSchema,
    endedAt: instantSchema,
    accepted: count.meta({ description: 'Tasks; equal to those that ended and those that are open.' }),
    ended: z.object({ succeeded: count, failed: count, cancelled: count, expired: count }),
    open: count,
    deadLetters: z.object({ carried: count, open: count, redriven: count, discarded: count }),
    differences: z.array(differenceSchema),
  })
  .meta({
    id: 'LedgerSweep',
    description:
      'The last walk through the whole ledger. Each page was counted at one moment, the pages one after the other between start and end.',
  })

const repairsSchema = z
  .object({
    totals: z.array(
      z
        .object({ repair: z.string(), times: count, count, lastAt: instantSchema })
        .meta({ id: 'RepairTotal' }),
    ),
    recent: z.array(
      z
        .object({
          at: instantSchema,
          repair: z.string(),
          lane: z.string().nullable(),
          count,
          detail: z.string(),
        })
        .meta({ id: 'Repair' }),
    ),
  })
  .meta({
    id: 'Repairs',
    description: 'What was repaired without anyone’s help; the recent ones for 30 days.',
  })

/** Whether everything that was accepted is where it should be. */
export const reconciliationSchema = z
  .object({
    balancedSince: instantSchema.nullable().meta({
      description:
        'Since when no look found a difference; null while there is one, or before the first look.',
    }),
    lookedAt: instantSchema
      .nullable()
      .meta({ description: 'When a dispatcher last compared ledger and broker.' }),
    lookedBy: z.string().nullable().meta({ description: 'Host and process of that dispatcher.' }),
    open: openTasksSchema,
    deadLetters: z.object({ carried: count, open: count }).meta({
      description: 'On their way through the error queue, and waiting for an operator, as they are now.',
    }),
    queues: z.array(comparedQueueSchema),
    ledger: sweepSchema.nullable().meta({
      description: 'Over all tenants, so for the administrator only; null before the first sweep ended.',
    }),
    repairs: repairsSchema
      .nullable()
      .meta({ description: 'Over all tenants, so for the administrator only.' }),
  })
  .meta({ id: 'Reconciliation' })

export type ReconciliationResource = z.infer<typeof reconciliationSchema>
