import { laneQueue } from '@redrive/shared/broker'
import { deadLetterSchema, type RedriveOrder, redriveOrderSchema } from '@redrive/shared/contract'
import { closeDeadLetter, type DeadLetterView } from '@redrive/shared/database'
import { redriveTask, runFlow } from '@redrive/shared/protocol'
import { newId } from '@redrive/shared/runtime'
import { LANES } from '@redrive/shared/task'
import { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import type { Caller } from '../http/caller.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { performEffect } from '../perform-effect.ts'
import { ProblemError } from '../problem-error.ts'
import { showDeadLetter } from '../views/show-dead-letter.ts'
import { checkEditedInput } from './check-edited-input.ts'
import { EXAMPLES } from './examples.ts'
import { deadLetterNotOpen } from './dead-letter-not-open.ts'
import { findOwnDeadLetter } from './find-own-dead-letter.ts'
import { idParameter } from './path-parameters.ts'

type Params = z.output<typeof idParameter>

const closedProblems = ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_NOT_OPEN', 'DATABASE_UNAVAILABLE'] as const

/** What an operator can do with a dead letter. Of two who try at once, one wins and the other is told. */
export const deadLetterCommandRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/dead-letters/{id}/redrive',
    operationId: 'redriveDeadLetter',
    tag: 'Dead letters',
    summary: 'Send a dead letter back for a new life',
    description:
      'A failed task runs again, with new attempts and an edited input if one is given. A foreign message is sent back, as it came, to the queue where it died.',
    access: 'dead-letters:write',
    params: idParameter,
    body: {
      schema: redriveOrderSchema,
      limit: 'task',
      isOptional: true,
      example: { input: { durationMs: 100, failureRate: 0 }, reason: 'the receiver works again' },
    },
    responses: {
      202: {
        description: 'It goes back.',
        schema: deadLetterSchema,
        example: { ...EXAMPLES.deadLetter, state: 'redriven' },
        headers: z.object({
          Location: z.string().optional().meta({ description: 'The task; absent for a foreign message.' }),
        }),
      },
    },
    problems: [
      ...closedProblems,
      'DEAD_LETTER_NOT_REDRIVABLE',
      'BROKER_UNAVAILABLE',
      'INVALID_INPUT',
      'UNKNOWN_TASK_TYPE',
    ],
    handle: redrive,
  }),
]

async function redrive(request: RouteRequest<Params, unknown, RedriveOrder>, api: ApiParts): Promise<Answer> {
  const { params, caller, body } = request
  const letter = await findOwnDeadLetter(params.id, caller, api)
  if (letter.state !== 'open') throw deadLetterNotOpen(letter)
  if (letter.taskId === null) return redriveForeign(letter, { caller, order: body }, api)
  const input = await checkEditedInput(letter, body, api)
  const redriving = redriveTask({
    tenantId: letter.tenantId,
    actor: caller.actor,
    deadLetterId: letter.id,
    auditId: newId(),
    reason: body.reason ?? null,
    input,
    lane: body.lane ?? null,
    attempts: body.maxAttempts ?? null,
  })
  const redriven = await withinDeadline(runFlow(redriving, (effect) => performEffect(effect, api)))
  if (redriven === null) throw deadLetterNotOpen(await findOwnDeadLetter(letter.id, caller, api))
  const headers = { location: `/api/v1/tasks/${redriven.taskId}` }
  return {
    status: 202,
    headers,
    json: await repeatRead(async () => showDeadLetter(api, await findOwnDeadLetter(letter.id, caller, api))),
  }
}

interface ForeignRedrive {
  readonly caller: Caller
  readonly order: RedriveOrder
}

/**
 * First the confirm, then the note. Crash window: a process that stops in between leaves the dead letter open and the
 * message sent; sent again it dies again, as another foreign dead letter, and nothing is lost.
 */
async function redriveForeign(
  letter: DeadLetterView,
  { caller, order }: ForeignRedrive,
  api: ApiParts,
): Promise<Answer> {
  refuseEdits(order)
  const queue = queueOfDeath(letter)
  if (letter.raw === null) throw notRedrivable('its bytes are not there')
  const outcome = await api.publisher.publishRaw({
    queue,
    body: letter.raw,
    contentType: letter.rawContentType,
  })
  if (outcome !== 'confirmed') throw brokerUnavailable(queue, outcome)
  const closing = {
    tenantId: letter.tenantId,
    actor: caller.actor,
    deadLetterId: letter.id,
    auditId: newId(),
    reason: order.reason ?? null,
    state: 'redriven',
  } as const
  const isClosed = await withinDeadline(closeDeadLetter(api.db, closing))
  const after = await findOwnDeadLetter(letter.id, caller, api)
  if (!isClosed) throw deadLetterNotOpen(after)
  api.events.emit('dead_letter.redriven', { deadLetterId: letter.id, actor: caller.actor })
  return { status: 202, json: await repeatRead(() => showDeadLetter(api, after)) }
}

function refuseEdits(order: RedriveOrder): void {
  const edits = (['input', 'lane', 'maxAttempts'] as const).filter((name) => name in order)
  if (edits.length === 0) return
  const message = 'cannot be given for a foreign message, which is sent back as it came'
  const errors = edits.map((name) => ({ path: `/${name}`, message }))
  throw new ProblemError('INVALID_BODY', { detail: `${edits.join(', ')} ${message}.`, errors })
}

/** n.b. The evidence is what a message says of itself, and anyone may have sent it: only our own lanes are sent to. */
function queueOfDeath({ broker }: DeadLetterView): string {
  const queue = broker?.['queue']
  const ours = LANES.map(laneQueue).find((name) => name === queue)
  if (ours !== undefined) return ours
  throw notRedrivable(
    typeof queue === 'string'
      ? `it died in "${queue}", which is no lane`
      : 'the broker does not say where it died',
  )
}

function notRedrivable(why: string): ProblemError {
  return new ProblemError('DEAD_LETTER_NOT_REDRIVABLE', {
    detail: `The message cannot be sent back: ${why}.`,
  })
}

function brokerUnavailable(queue: string, outcome: 'returned' | 'unknown'): ProblemError {
  const unknown =
    'RabbitMQ did not confirm the message; it may have it all the same, and the dead letter stays open.'
  const detail =
    outcome === 'returned'
      ? `RabbitMQ has no queue ${queue} at the moment; it is declared again by itself.`
      : unknown
  return new ProblemError('BROKER_UNAVAILABLE', { detail, headers: { 'retry-after': '5' } })
}
