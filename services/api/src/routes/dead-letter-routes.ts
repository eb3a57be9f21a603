import { deadLetterSchema, pageSchema } from '@redrive/shared/contract'
import { listDeadLetters as listDeadLettersIn } from '@redrive/shared/database'
import { DEAD_LETTER_FIELDS } from '@redrive/shared/filter'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { FILTER_DESCRIPTION, filterParameters } from '../filters/filter-parameters.ts'
import { readDeadLetterFilter } from '../filters/read-dead-letter-filter.ts'
import { findPage } from '../http/find-page.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { showDeadLetters } from '../views/show-dead-letters.ts'
import { EXAMPLES } from './examples.ts'
import { cursorParameter, limitParameter } from './query-schemas.ts'

const listQuery = z
  .object({ ...filterParameters(DEAD_LETTER_FIELDS), limit: limitParameter, cursor: cursorParameter })
  .catchall(z.string())

type ListQuery = z.output<typeof listQuery>

/** The list of dead letters. */
export const deadLetterRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/dead-letters',
    operationId: 'listDeadLetters',
    tag: 'Dead letters',
    summary: 'Search dead letters, newest first',
    description: FILTER_DESCRIPTION,
    access: 'dead-letters:read',
    query: listQuery,
    responses: {
      200: {
        description: 'A page.',
        schema: pageSchema(deadLetterSchema),
        example: { items: [EXAMPLES.deadLetter], nextCursor: null },
      },
    },
    problems: ['INVALID_CURSOR', 'SEARCH_TOO_WIDE', 'DATABASE_UNAVAILABLE'],
    handle: listDeadLetters,
  }),
]

async function listDeadLetters(request: RouteRequest<unknown, ListQuery>, api: ApiParts): Promise<Answer> {
  const { limit, cursor, ...sent } = request.query
  const match = await readDeadLetterFilter({ sent, place: 'query', caller: request.caller }, api)
  const page = await findPage({ limit, cursor, list: { list: 'dead-letters', ...sent } }, (part) =>
    repeatRead(() => listDeadLettersIn(api.db, { ...match, ...part })),
  )
  const items = await repeatRead(() => showDeadLetters(api, page.rows))
  return { status: 200, json: { items, nextCursor: page.nextCursor } }
}
