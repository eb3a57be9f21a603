import {
  type NewRedrive,
  newRedriveSchema,
  pageSchema,
  redriveMemberSchema,
  redriveMemberStateSchema,
  redrivePlanSchema,
  redriveReportSchema,
  redriveSchema,
} from '@redrive/shared/contract'
import {
  findDeadLetter,
  listRedriveMembers,
  listRedrives as listRedrivesIn,
  type RedriveView,
  reportRedrive,
} from '@redrive/shared/database'
import { reachCrashPoint } from '@redrive/shared/runtime'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { visibleOwner } from '../http/caller.ts'
import { findPage } from '../http/find-page.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { planNewRedrive } from '../redrives/plan-new-redrive.ts'
import { showDeadLetters } from '../views/show-dead-letters.ts'
import { toRedrive, toRedriveMember, toRedriveReport } from '../views/to-redrive.ts'
import { findOwnRedrive } from './find-own-redrive.ts'
import { idParameter } from './path-parameters.ts'
import { cursorParameter, limitParameter } from './query-schemas.ts'
import { REDRIVE_EXAMPLES } from './redrive-examples.ts'

const pageQuery = z.strictObject({ limit: limitParameter, cursor: cursorParameter })
const membersQuery = z.strictObject({
  state: redriveMemberStateSchema.optional(),
  limit: limitParameter,
  cursor: cursorParameter,
})

/** Redrives of many dead letters: planning, and what can be seen of them. */
export const redriveRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/redrives',
    operationId: 'planRedrive',
    tag: 'Redrives',
    summary: 'Plan a redrive of many dead letters',
    description:
      'Freezes exactly the open dead letters that match now, at most 1,000,000, and says what they are. Nothing goes back before the plan is executed; those that come later are not members. Foreign messages are counted and left out.',
    access: 'dead-letters:write',
    body: { schema: newRedriveSchema, limit: 'small', example: REDRIVE_EXAMPLES.order },
    responses: {
      201: {
        description: 'The plan.',
        schema: redrivePlanSchema,
        example: REDRIVE_EXAMPLES.plan,
        headers: z.object({ Location: z.string() }),
      },
    },
    problems: ['NOTHING_MATCHES', 'TOO_MANY_MATCHES', 'DATABASE_UNAVAILABLE'],
    handle: plan,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/redrives',
    operationId: 'listRedrives',
    tag: 'Redrives',
    summary: 'List redrives, newest first',
    access: 'dead-letters:read',
    query: pageQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(redriveSchema),
        example: { items: [REDRIVE_EXAMPLES.redrive], nextCursor: null },
      },
    },
    problems: ['INVALID_CURSOR', 'DATABASE_UNAVAILABLE'],
    handle: list,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/redrives/{id}',
    operationId: 'getRedrive',
    tag: 'Redrives',
    summary: 'One redrive with its progress',
    access: 'dead-letters:read',
    params: idParameter,
    responses: {
      200: { description: 'The redrive.', schema: redriveSchema, example: REDRIVE_EXAMPLES.redrive },
    },
    problems: ['REDRIVE_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: async ({ params, caller }: IdRequest, api) => ({
      status: 200,
      json: toRedrive(await findOwnRedrive(params.id, caller, api)),
    }),
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/redrives/{id}/members',
    operationId: 'listRedriveMembers',
    tag: 'Redrives',
    summary: 'List the members of a redrive, with what became of each',
    access: 'dead-letters:read',
    params: idParameter,
    query: membersQuery,
    responses: {
      200: {
        description: 'A page, in the order of their turn.',
        schema: pageSchema(redriveMemberSchema),
        example: { items: [REDRIVE_EXAMPLES.member], nextCursor: null },
      },
    },
    problems: ['REDRIVE_NOT_FOUND', 'INVALID_CURSOR', 'DATABASE_UNAVAILABLE'],
    handle: listMembers,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/redrives/{id}/report',
    operationId: 'reportRedrive',
    tag: 'Redrives',
    summary: 'What became of the members of a redrive',
    access: 'dead-letters:read',
    params: idParameter,
    responses: {
      200: { description: 'The report.', schema: redriveReportSchema, example: REDRIVE_EXAMPLES.report },
    },
    problems: ['REDRIVE_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: report,
  }),
]

type IdRequest = RouteRequest<z.output<typeof idParameter>>
type MembersRequest = RouteRequest<z.output<typeof idParameter>, z.output<typeof membersQuery>>

async function plan(
  { body, caller }: RouteRequest<unknown, unknown, NewRedrive>,
  api: ApiParts,
): Promise<Answer> {
  const id = await planNewRedrive(body, caller, api)
  reachCrashPoint('redrive.planned')
  const redrive = await findOwnRedrive(id, caller, api)
  const { memberCount: members, skipped } = redrive
  api.events.emit('redrive.planned', { redriveId: id, members, skipped, actor: caller.actor })
  const samples = await repeatRead(() => findSamples(redrive, api))
  const headers = { location: `/api/v1/redrives/${id}` }
  return { status: 201, headers, json: { ...toRedrive(redrive), samples } }
}

async function findSamples({ summary }: RedriveView, api: ApiParts) {
  const found = await Promise.all(
    summary.sampleIds.map((id) => findDeadLetter(api.db, { tenantId: null, id })),
  )
  return showDeadLetters(
    api,
    found.filter((letter) => letter !== null),
  )
}

async function list(
  { query, caller }: RouteRequest<unknown, z.output<typeof pageQuery>>,
  { db }: ApiParts,
): Promise<Answer> {
  const { limit, cursor } = query
  const tenantId = visibleOwner(caller)
  const page = await findPage({ limit, cursor, list: { list: 'redrives' } }, (part) =>
    repeatRead(() => listRedrivesIn(db, { tenantId, ...part })),
  )
  return { status: 200, json: { items: page.rows.map(toRedrive), nextCursor: page.nextCursor } }
}

async function listMembers({ params, query, caller }: MembersRequest, api: ApiParts): Promise<Answer> {
  const { id: redriveId } = await findOwnRedrive(params.id, caller, api)
  const { limit, cursor, ...filter } = query
  const page = await findPage({ limit, cursor, list: { list: redriveId, ...filter } }, (part) =>
    repeatRead(() =>
      listRedriveMembers(api.db, {
        redriveId,
        limit: part.limit,
        ...(filter.state !== undefined && { state: filter.state }),
        ...(part.beforeId !== undefined && { afterId: part.beforeId }),
      }),
    ),
  )
  return { status: 200, json: { items: page.rows.map(toRedriveMember), nextCursor: page.nextCursor } }
}

async function report({ params, caller }: IdRequest, api: ApiParts): Promise<Answer> {
  const redrive = await findOwnRedrive(params.id, caller, api)
  const found = await repeatRead(() => reportRedrive(api.db, redrive.id))
  return { status: 200, json: toRedriveReport(redrive, found) }
}
