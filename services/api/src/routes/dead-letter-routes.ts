import { DEAD_LETTER_STATES, deadLetterSchema, pageSchema, sentInstantSchema } from '@redrive/shared/contract'
import { type DeadLetterFilter, listDeadLetters as listDeadLettersIn } from '@redrive/shared/database'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { findPage } from '../http/find-page.ts'
import { isUuid } from '../http/is-uuid.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { showDeadLetter } from '../views/show-dead-letter.ts'
import { showDeadLetters } from '../views/show-dead-letters.ts'
import { EXAMPLES } from './examples.ts'
import { findOwnDeadLetter } from './find-own-dead-letter.ts'
import { idParameter } from './path-parameters.ts'
import { cursorParameter, limitParameter, wordParameter } from './query-schemas.ts'

const states = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(DEAD_LETTER_STATES)))
  .optional()
  .meta({
    description: 'One state, or several with commas.',
    override: { type: 'string' },
    examples: ['open', 'carried,open'],
  })

const listQuery = z.strictObject({
  state: states,
  type: wordParameter,
  lane: wordParameter,
  reason: wordParameter,
  fingerprint: wordParameter,
  taskId: wordParameter.refine((id) => id === undefined || isUuid(id), 'expected an id'),
  foreign: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Only, or none of, the messages that belong to no task.' }),
  diedAfter: sentInstantSchema.optional(),
  diedBefore: sentInstantSchema.optional(),
  limit: limitParameter,
  cursor: cursorParameter,
})

type ListQuery = z.output<typeof listQuery>

/** Dead letters: the list, and one with everything that is known about a death. */
export const deadLetterRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/dead-letters',
    operationId: 'listDeadLetters',
    tag: 'Dead letters',
    summary: 'List dead letters, newest first',
    access: 'dead-letters:read',
    query: listQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(deadLetterSchema),
        example: { items: [EXAMPLES.deadLetter], nextCursor: null },
      },
    },
    problems: ['INVALID_CURSOR', 'DATABASE_UNAVAILABLE'],
    handle: listDeadLetters,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/dead-letters/{id}',
    operationId: 'getDeadLetter',
    tag: 'Dead letters',
    summary: 'One dead letter with its attempts, evidence and explanation',
    access: 'dead-letters:read',
    params: idParameter,
    responses: {
      200: {
        description: 'The dead letter.',
        schema: deadLetterSchema,
        example: EXAMPLES.deadLetter,
      },
    },
    problems: ['DEAD_LETTER_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: getDeadLetter,
  }),
]

async function listDeadLetters(request: RouteRequest<unknown, ListQuery>, { db }: ApiParts): Promise<Answer> {
  const { limit, cursor, ...sent } = request.query
  const { tenantId } = request.caller
  const filter = toFilter(sent)
  const page = await findPage({ limit, cursor, list: { list: 'dead-letters', ...sent } }, (part) =>
    repeatRead(() => listDeadLettersIn(db, { tenantId, filter, ...part })),
  )
  const items = await repeatRead(() => showDeadLetters(db, page.rows))
  return { status: 200, json: { items, nextCursor: page.nextCursor } }
}

function toFilter(sent: Omit<ListQuery, 'limit' | 'cursor'>): DeadLetterFilter {
  const { state, foreign, diedAfter, diedBefore, type, lane, reason, fingerprint, taskId } = sent
  return {
    ...(state !== undefined && { states: state }),
    ...(type !== undefined && { type }),
    ...(lane !== undefined && { lane }),
    ...(reason !== undefined && { reason }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(taskId !== undefined && { taskId }),
    ...(foreign !== undefined && { isForeign: foreign === 'true' }),
    ...(diedAfter !== undefined && { diedAfter: new Date(diedAfter) }),
    ...(diedBefore !== undefined && { diedBefore: new Date(diedBefore) }),
  }
}

type IdRequest = RouteRequest<z.output<typeof idParameter>>

async function getDeadLetter({ params, caller }: IdRequest, api: ApiParts): Promise<Answer> {
  const letter = await findOwnDeadLetter(params.id, caller, api)
  return { status: 200, json: await repeatRead(() => showDeadLetter(api.db, letter)) }
}
