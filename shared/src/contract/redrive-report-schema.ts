import { z } from 'zod'
import { MEMBER_OUTCOMES, type MemberOutcome } from '../task/index.ts'
import { skipCodeSchema } from './redrive-member-schema.ts'
import { redriveGroupSchema, redriveProgressSchema, redriveStateSchema } from './redrive-schema.ts'
import { idSchema } from './id-schema.ts'

const count = z.int().min(0)

const outcomes = Object.fromEntries(MEMBER_OUTCOMES.map((outcome) => [outcome, count])) as Record<
  MemberOutcome,
  typeof count
>

/** What became of the members of a redrive. */
export const redriveReportSchema = z
  .object({
    id: idSchema,
    state: redriveStateSchema,
    memberCount: count,
    progress: redriveProgressSchema,
    outcomes: z.object(outcomes).meta({
      description:
        'Of those that were redriven and not recalled: how their new life ended, or what it is doing. `failed_same`: of the same fault as before.',
    }),
    faults: z
      .array(
        redriveGroupSchema.extend({
          isSame: z.boolean().meta({ description: 'Its members had died of it before.' }),
          isNew: z.boolean().meta({ description: 'Nobody had met it before the redrive was started.' }),
        }),
      )
      .meta({ description: 'What those that failed again died of, the largest hundred groups.' }),
    skipped: z.array(
      z.object({
        code: skipCodeSchema,
        count,
        example: z.string().nullable().meta({ description: 'The reason of one of them, in words.' }),
      }),
    ),
  })
  .meta({ id: 'RedriveReport' })

export type RedriveReportResource = z.infer<typeof redriveReportSchema>
