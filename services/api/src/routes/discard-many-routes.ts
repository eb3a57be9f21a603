import {
  type ManyDeadLetters,
  manyDeadLettersSchema,
  manyDiscardedSchema,
  manyRestoredSchema,
} from '@redrive/shared/contract'
import {
  type ActedChunk,
  actOnDeadLetters,
  countActable,
  type DeadLetterMatch,
  type ManyActs,
} from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import { readDeadLetterFilter } from '../filters/read-dead-letter-filter.ts'
import type { Answer } from '../http/answer.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { defineRoute, type Route, type RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { ProblemError } from '../problem-error.ts'

/** A guess: one statement of some tens of milliseconds, so that single commands come between two of them. */
const CHUNK = 1_000
/** What one call does at most; it then says how many are left. A minute would be too long for many a proxy. */
const MAX_AT_ONCE = 10_000

const description = `In chunks, oldest first, ${MAX_AT_ONCE.toLocaleString('en-US')} at most by one call: while \`remaining\` is not 0, send the same again. Each has its own entry in the audit.`

/** The same as for one, for all that a filter means. */
export const discardManyRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/api/v1/dead-letters/discard',
    operationId: 'discardDeadLetters',
    tag: 'Dead letters',
    summary: 'Close all open dead letters that a filter means, without a new life',
    description,
    access: 'dead-letters:write',
    body: {
      schema: manyDeadLettersSchema,
      limit: 'small',
      example: { filter: { type: 'mail.send', diedAt: '<-7d' }, reason: 'too late to be of use' },
    },
    responses: {
      200: {
        description: 'They are discarded.',
        schema: manyDiscardedSchema,
        example: { matched: 12_000, remaining: 2_000, discarded: 10_000 },
      },
    },
    problems: ['DATABASE_UNAVAILABLE'],
    handle: discardMany,
  }),
  defineRoute({
    method: 'POST',
    path: '/api/v1/dead-letters/restore',
    operationId: 'restoreDeadLetters',
    tag: 'Dead letters',
    summary: 'Open all discarded dead letters that a filter means again',
    description,
    access: 'dead-letters:write',
    body: {
      schema: manyDeadLettersSchema,
      limit: 'small',
      example: { filter: { type: 'mail.send' }, reason: 'the wrong type was discarded' },
    },
    responses: {
      200: {
        description: 'They are open.',
        schema: manyRestoredSchema,
        example: { matched: 310, remaining: 0, restored: 310 },
      },
    },
    problems: ['DATABASE_UNAVAILABLE'],
    handle: restoreMany,
  }),
]

type ManyRequest = RouteRequest<unknown, unknown, ManyDeadLetters>

async function discardMany(request: ManyRequest, api: ApiParts): Promise<Answer> {
  const { count, ...counts } = await actOnMany(request, 'discard', api)
  if (count > 0) api.events.emit('dead_letters.discarded', { count, actor: request.caller.actor })
  return { status: 200, json: { ...counts, discarded: count } }
}

async function restoreMany(request: ManyRequest, api: ApiParts): Promise<Answer> {
  const { count, ...counts } = await actOnMany(request, 'restore', api)
  if (count > 0) api.events.emit('dead_letters.restored', { count, actor: request.caller.actor })
  return { status: 200, json: { ...counts, restored: count } }
}

interface ManyCounts {
  readonly matched: number
  readonly count: number
  readonly remaining: number
}

/** Crash window: a process that stops between two chunks leaves whole chunks done, and the same sent again does the rest. */
async function actOnMany(
  { body, caller, requestId }: ManyRequest,
  act: ManyActs['act'],
  api: ApiParts,
): Promise<ManyCounts> {
  refuseEmpty(body)
  const match = await readDeadLetterFilter({ sent: body.filter, place: 'body', caller }, api)
  const matched = await countLeft(match, act, api)
  const acts = { ...match, act, actor: caller.actor, reason: body.reason, requestId, limit: CHUNK }
  let count = 0
  let afterId: string | null = null
  for (let done = 0; done < MAX_AT_ONCE; done += CHUNK) {
    const chunk: ActedChunk = await withinDeadline(actOnDeadLetters(api.db, { ...acts, afterId }))
    count += chunk.count
    afterId = chunk.lastId
    if (afterId === null) break
  }
  return { matched, count, remaining: afterId === null ? 0 : await countLeft(match, act, api) }
}

function countLeft(match: DeadLetterMatch, act: ManyActs['act'], { db }: ApiParts): Promise<number> {
  return repeatRead(() => countActable(db, { ...match, act }))
}

/** What names nothing would mean everything, and is more often a slip than a wish. */
function refuseEmpty({ filter }: ManyDeadLetters): void {
  if (Object.keys(filter).length > 0) return
  const message = 'is empty, which would mean every dead letter; name at least one field'
  throw new ProblemError('INVALID_BODY', {
    detail: `filter ${message}.`,
    errors: [{ path: '/filter', message }],
  })
}
