import { deadLetterDetailSchema } from '@redrive/shared/contract'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { reveal } from '../views/mask-views.ts'
import { readDeadLetterStory } from '../views/read-dead-letter-story.ts'
import { type DeadLetterStory, toDeadLetterDetail } from '../views/to-dead-letter-detail.ts'
import { EXAMPLES } from './examples.ts'
import { deadLetterNotFound, findOwnDeadLetter } from './find-own-dead-letter.ts'
import { idParameter } from './path-parameters.ts'
import { auditReveal, isRevealAsked, revealQuery } from './reveal-query.ts'

/** One dead letter with everything that is known about a death. */
export const deadLetterDetailRoutes: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/api/v1/dead-letters/{id}',
    operationId: 'getDeadLetter',
    tag: 'Dead letters',
    summary: 'One dead letter with its attempts, evidence, explanation and timeline',
    access: 'dead-letters:read',
    params: idParameter,
    query: revealQuery,
    responses: {
      200: {
        description: 'The dead letter.',
        schema: deadLetterDetailSchema,
        example: EXAMPLES.deadLetterDetail,
      },
    },
    problems: ['DEAD_LETTER_NOT_FOUND', 'SCOPE_REQUIRED', 'DATABASE_UNAVAILABLE'],
    handle: getDeadLetter,
  }),
]

type DetailRequest = RouteRequest<z.output<typeof idParameter>, z.output<typeof revealQuery>>

async function getDeadLetter(request: DetailRequest, api: ApiParts): Promise<Answer> {
  const { params, caller } = request
  const isRevealed = isRevealAsked(request)
  const found = await findOwnDeadLetter(params.id, caller, api)
  const story = await repeatRead(() => readDeadLetterStory(api.db, found))
  if (story === null) throw deadLetterNotFound(params.id)
  const { tenantId, taskId, id: deadLetterId, sensitive } = story.letter
  const isAudited = isRevealed && sensitive.length > 0
  if (isAudited) await auditReveal(request, { tenantId, taskId, deadLetterId }, api)
  const shown = isAudited ? revealStory(story) : story
  const showing = { retentionDays: api.settings.deadLetterRetentionDays }
  return { status: 200, json: toDeadLetterDetail(shown, showing) }
}

function revealStory({ letter, task, deadLetters, ...rest }: DeadLetterStory): DeadLetterStory {
  return {
    ...rest,
    letter: reveal(letter),
    task: task === null ? null : reveal(task),
    deadLetters: deadLetters.map(reveal),
  }
}
