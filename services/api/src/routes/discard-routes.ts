import { deadLetterSchema } from '@redrive/shared/contract'
import { closeDeadLetter, type DeadLetterView, restoreDeadLetter } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { commandDeadLetter, type DeadLetterCommand, type DeadLetterRequest } from './command-dead-letter.ts'
import { deadLetterNotDiscarded, deadLetterNotOpen } from './dead-letter-not-open.ts'
import { EXAMPLES } from './examples.ts'
import { operatorNoteBody } from './operator-note-body.ts'
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
    body: operatorNoteBody('the customer has gone'),
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
    body: operatorNoteBody('discarded by mistake'),
    responses: {
      200: { description: 'It is open.', schema: deadLetterSchema, example: EXAMPLES.deadLetter },
    },
    problems: ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_NOT_DISCARDED', 'DATABASE_UNAVAILABLE'],
    handle: restore,
  }),
]

function discard(request: DeadLetterRequest, api: ApiParts): Promise<Answer> {
  const command = {
    act: (letter) => closeDeadLetter(api.db, { ...actOn(letter, request), state: 'discarded' }),
    refuse: deadLetterNotOpen,
    announce: (letter) => api.events.emit('dead_letter.discarded', eventOf(letter, request)),
  } satisfies DeadLetterCommand
  return commandDeadLetter(request, command, api)
}

function restore(request: DeadLetterRequest, api: ApiParts): Promise<Answer> {
  const command = {
    act: (letter) => restoreDeadLetter(api.db, actOn(letter, request)),
    refuse: deadLetterNotDiscarded,
    announce: (letter) => api.events.emit('dead_letter.restored', eventOf(letter, request)),
  } satisfies DeadLetterCommand
  return commandDeadLetter(request, command, api)
}

function actOn({ id, tenantId }: DeadLetterView, { caller, body, requestId }: DeadLetterRequest) {
  const { actor } = caller
  return { tenantId, actor, deadLetterId: id, auditId: newId(), reason: body.reason ?? null, requestId }
}

function eventOf({ id, taskId }: DeadLetterView, { caller }: DeadLetterRequest) {
  return { deadLetterId: id, taskId: taskId ?? undefined, actor: caller.actor }
}
