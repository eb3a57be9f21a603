import { deadLetterSchema, type OperatorNote, operatorNoteSchema } from '@redrive/shared/contract'
import { type DeadLetterView, recallDeadLetter } from '@redrive/shared/database'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { ProblemError } from '../problem-error.ts'
import { showDeadLetter } from '../views/show-dead-letter.ts'
import { EXAMPLES } from './examples.ts'
import { findOwnDeadLetter } from './find-own-dead-letter.ts'
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
    body: {
      schema: operatorNoteSchema,
      limit: 'small',
      isOptional: true,
      example: { reason: 'the receiver is not repaired yet' },
    },
    responses: {
      200: { description: 'It is open again.', schema: deadLetterSchema, example: EXAMPLES.deadLetter },
    },
    problems: ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_NOT_RECALLABLE', 'DATABASE_UNAVAILABLE'],
    handle: recall,
  }),
]

type RecallRequest = RouteRequest<z.output<typeof idParameter>, unknown, OperatorNote>

async function recall({ params, caller, body }: RecallRequest, api: ApiParts): Promise<Answer> {
  const letter = await findOwnDeadLetter(params.id, caller, api)
  const recalling = recallDeadLetter(api.db, {
    tenantId: letter.tenantId,
    deadLetterId: letter.id,
    actor: caller.actor,
    reason: body.reason ?? null,
  })
  const isRecalled = await withinDeadline(recalling)
  const after = await findOwnDeadLetter(letter.id, caller, api)
  if (!isRecalled) throw notRecallable(after)
  const { actor } = caller
  api.events.emit('redrive.members_recalled', { count: 1, deadLetterId: letter.id, actor })
  return { status: 200, json: await repeatRead(() => showDeadLetter(api, after)) }
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
