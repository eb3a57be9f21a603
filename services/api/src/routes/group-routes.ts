import { DEAD_LETTER_STATES, groupDetailSchema, groupSchema, pageSchema } from '@redrive/shared/contract'
import { findGroups, GROUP_ORDERS } from '@redrive/shared/database'
import { DEAD_LETTER_FIELDS } from '@redrive/shared/filter'
import { GROUP_STATES } from '@redrive/shared/task'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import { FILTER_DESCRIPTION, filterParameters } from '../filters/filter-parameters.ts'
import { readDeadLetterFilter } from '../filters/read-dead-letter-filter.ts'
import type { Answer } from '../http/answer.ts'
import { findGroupPage } from '../http/find-group-page.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { toGroup } from '../views/to-group.ts'
import { EXAMPLES } from './examples.ts'
import { showGroup } from './show-group.ts'
import { fingerprintParameter } from './path-parameters.ts'
import { cursorParameter, limitParameter } from './query-schemas.ts'

/** n.b. `state` is the group's; what dead letters themselves are has another name here. */
const { state: _, ...letterParameters } = filterParameters(DEAD_LETTER_FIELDS)

const listQuery = z
  .object({
    ...letterParameters,
    state: anyOf(GROUP_STATES, "The group's state, or several with commas."),
    deadLetterState: anyOf(DEAD_LETTER_STATES, 'What became of the dead letters that are counted.'),
    sort: z.enum(GROUP_ORDERS).optional().meta({
      description:
        'The greatest first: seen last, seen first, or with most dead letters. `lastSeen` unless given.',
    }),
    limit: limitParameter,
    cursor: cursorParameter,
  })
  .catchall(z.string())

function anyOf<const Word extends string>(words: readonly Word[], description: string) {
  return z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(words)))
    .optional()
    .meta({ description, override: { type: 'string' }, examples: [words.slice(0, 2).join(',')] })
}

type ListQuery = z.output<typeof listQuery>

/** Groups of dead letters: what breaks, for whom and since when. */
export const groupRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/dead-letters/groups',
    operationId: 'listGroups',
    tag: 'Dead letters',
    summary: 'List groups of dead letters, one for each fault',
    description: `Filters choose dead letters, and only those are counted; groups without any are not listed. ${FILTER_DESCRIPTION}`,
    access: 'dead-letters:read',
    query: listQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(groupSchema),
        example: { items: [EXAMPLES.group], nextCursor: null },
      },
    },
    problems: ['INVALID_CURSOR', 'DATABASE_UNAVAILABLE'],
    handle: listGroups,
  }),
  defineRoute({
    method: 'GET',
    path: '/api/v1/dead-letters/groups/{fingerprint}',
    operationId: 'getGroup',
    tag: 'Dead letters',
    summary: 'One group with its notes and its history',
    access: 'dead-letters:read',
    params: fingerprintParameter,
    responses: {
      200: { description: 'The group.', schema: groupDetailSchema, example: EXAMPLES.groupDetail },
    },
    problems: ['GROUP_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: getGroup,
  }),
]

async function listGroups(request: RouteRequest<unknown, ListQuery>, api: ApiParts): Promise<Answer> {
  const { limit, cursor, state, deadLetterState, sort = 'lastSeen', ...fields } = request.query
  const sent = { ...fields, ...(deadLetterState !== undefined && { state: deadLetterState }) }
  const match = await readDeadLetterFilter({ sent, place: 'query', caller: request.caller }, api)
  const query = { ...match, order: sort, ...(state !== undefined && { states: state }) }
  const list = { list: 'groups', groupState: state, sort, ...sent }
  const page = await findGroupPage({ limit, cursor, list }, (part) =>
    repeatRead(() => findGroups(api.db, { ...query, ...part })),
  )
  return { status: 200, json: { items: page.rows.map(toGroup), nextCursor: page.nextCursor } }
}

type GroupRequest = RouteRequest<z.output<typeof fingerprintParameter>>

async function getGroup({ params, caller }: GroupRequest, api: ApiParts): Promise<Answer> {
  return { status: 200, json: await showGroup(params.fingerprint, caller, api) }
}
