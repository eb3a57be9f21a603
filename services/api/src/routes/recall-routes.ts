import { deadLetterSchema } from '@redrive/shared/contract'
import { type DeadLetterView, recallDeadLetter } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { ProblemError } from '../problem-error.ts'
import { commandDeadLetter, type DeadLetterCommand, type DeadLetterRequest } from './command-dead-letter.ts'
import { EXAMPLES } from './examples.ts'
import { operatorNoteBody } from './operator-note-body.ts'
import { idParameter } from './path-parameters.ts'

/** The way back from the redrive of one dead letter. */
export const recallRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/recall',
    operationId: 'recallDeadLetter',
    tag: 'Dead letters',
    summary: 'Take back a redriven task that no worker has started',
    description:
      'The task has failed again, exactly as before, and the same dead letter is open again; an edited input that never ran is dropped. A ticket that RabbitMQ still holds is void.',
    access: 'dead-letters:write',
    params: idParameter,
    body: operatorNoteBody('the receiver is not repaired yet'),
    responses: {
      200: { description: 'It is open again.', schema: deadLetterSchema, example: EXAMPLES.deadLetter },
    },
    problems: ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_NOT_RECALLABLE', 'DATABASE_UNAVAILABLE'],
    handle: recall,
  }),
]

function recall(request: DeadLetterRequest, api: ApiParts): Promise<Answer> {
  const { caller, body } = request
  const { actor } = caller
  const command = {
    act: ({ id, tenantId }) =>
      recallDeadLetter(api.db, { tenantId, deadLetterId: id, actor, reason: body.reason ?? null }),
    refuse: notRecallable,
    announce: ({ id }) => api.events.emit('redrive.members_recalled', { count: 1, deadLetterId: id, actor }),
  } satisfies DeadLetterCommand
  return commandDeadLetter(request, command, api)
}

function notRecallable({ id, taskId, state }: DeadLetterView): ProblemError {
  return new ProblemError('DEAD_LETTER_NOT_RECALLABLE', {
    detail: whyNot({ id, taskId, state }),
    extensions: { deadLetterState: state },
  })
}

function whyNot({ id, taskId, state }: Pick<DeadLetterView, 'id' | 'taskId' | 'state'>): string {
  if (state !== 'redriven') return `The dead letter ${id} is ${state}, not redriven.`
  if (taskId === null) return `The dead letter ${id} is a message that went back to its queue as it came.`
  return `A worker has started task ${taskId} since its redrive, or it has ended.`
}
