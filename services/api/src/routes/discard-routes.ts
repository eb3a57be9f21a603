import { deadLetterSchema, type OperatorNote, operatorNoteSchema } from '@redrive/shared/contract'
import { closeDeadLetter, type DeadLetterView, restoreDeadLetter } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { showDeadLetter } from '../views/show-dead-letter.ts'
import { deadLetterNotDiscarded, deadLetterNotOpen } from './dead-letter-not-open.ts'
import { EXAMPLES } from './examples.ts'
import { findOwnDeadLetter } from './find-own-dead-letter.ts'
import { idParameter } from './path-parameters.ts'

/** Closing a dead letter without a new life, and taking that back. Of two who try at once, one wins and the other is told. */
export const discardRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/discard',
    operationId: 'discardDeadLetter',
    tag: 'Dead letters',
    summary: 'Close a dead letter without a new life',
    access: 'dead-letters:write',
    params: idParameter,
    body: {
      schema: operatorNoteSchema,
      limit: 'small',
      isOptional: true,
      example: { reason: 'the customer has gone' },
    },
    responses: {
      200: {
        description: 'It is discarded.',
        schema: deadLetterSchema,
        example: { ...EXAMPLES.deadLetter, state: 'discarded' },
      },
    },
    problems: ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_NOT_OPEN', 'DATABASE_UNAVAILABLE'],
    handle: discard,
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/restore',
    operationId: 'restoreDeadLetter',
    tag: 'Dead letters',
    summary: 'Open a discarded dead letter again',
    access: 'dead-letters:write',
    params: idParameter,
    body: {
      schema: operatorNoteSchema,
      limit: 'small',
      isOptional: true,
      example: { reason: 'discarded by mistake' },
    },
    responses: {
      200: { description: 'It is open.', schema: deadLetterSchema, example: EXAMPLES.deadLetter },
    },
    problems: ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_NOT_DISCARDED', 'DATABASE_UNAVAILABLE'],
    handle: restore,
  }),
]

type CommandRequest = RouteRequest<z.output<typeof idParameter>, unknown, OperatorNote>

async function discard(request: CommandRequest, api: ApiParts): Promise<Answer> {
  const letter = await findOwnDeadLetter(request.params.id, request.caller, api)
  const closing = { ...actOn(letter, request), state: 'discarded' } as const
  const isClosed = await withinDeadline(closeDeadLetter(api.db, closing))
  const after = await findOwnDeadLetter(letter.id, request.caller, api)
  if (!isClosed) throw deadLetterNotOpen(after)
  api.events.emit('dead_letter.discarded', eventOf(letter, request))
  return { status: 200, json: await repeatRead(() => showDeadLetter(api, after)) }
}

async function restore(request: CommandRequest, api: ApiParts): Promise<Answer> {
  const letter = await findOwnDeadLetter(request.params.id, request.caller, api)
  const isRestored = await withinDeadline(restoreDeadLetter(api.db, actOn(letter, request)))
  const after = await findOwnDeadLetter(letter.id, request.caller, api)
  if (!isRestored) throw deadLetterNotDiscarded(after)
  api.events.emit('dead_letter.restored', eventOf(letter, request))
  return { status: 200, json: await repeatRead(() => showDeadLetter(api, after)) }
}

function actOn({ id, tenantId }: DeadLetterView, { caller, body, requestId }: CommandRequest) {
  const { actor } = caller
  return { tenantId, actor, deadLetterId: id, auditId: newId(), reason: body.reason ?? null, requestId }
}

function eventOf({ id, taskId }: DeadLetterView, { caller }: CommandRequest) {
  return { deadLetterId: id, taskId: taskId ?? undefined, actor: caller.actor }
}
