import {
  groupDetailSchema,
  type GroupOrder,
  groupOrderSchema,
  type IgnoreOrder,
  ignoreOrderSchema,
  type NewGroupNoteBody,
  newGroupNoteSchema,
} from '@redrive/shared/contract'
import { addGroupNote, changeGroupState, type GroupBefore, type IgnoreTerms } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import { GROUP_TRANSITIONS, type GroupAct } from '@redrive/shared/task'
import type { z } from 'zod'
import type { ApiParts } from '../api-parts.ts'
import type { Answer } from '../http/answer.ts'
import { defineRoute, type Route, type RouteBody, type RouteRequest } from '../http/route.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { ProblemError } from '../problem-error.ts'
import { visibleTenantIds } from '../tenants/visible-tenant-ids.ts'
import { EXAMPLES } from './examples.ts'
import { fingerprintParameter } from './path-parameters.ts'
import { groupNotFound, showGroup } from './show-group.ts'

type Params = z.output<typeof fingerprintParameter>
type OrderRequest = RouteRequest<Params, unknown, GroupOrder>
type IgnoreRequest = RouteRequest<Params, unknown, IgnoreOrder>

const orderBody = {
  schema: groupOrderSchema,
  limit: 'small',
  isOptional: true,
  example: { reason: 'fixed in 2.4.1' },
} as const satisfies RouteBody

/** What an operator can do with a fault, for every tenant that the caller sees. Of two who try the same, one is told. */
export const groupCommandRoutes: readonly Route[] = [
  defineRoute({
    ...command(
      'resolve',
      'Say that a fault will not come back',
      'If it does, its group is regressed, and somebody is told.',
    ),
    body: orderBody,
    handle: (request: OrderRequest, api) => act('resolve', request, api),
  }),
  defineRoute({
    ...command(
      'ignore',
      'Say that a fault needs nobody, until an end or for ever',
      'Open again at the first of the ends that are given, and somebody is told; without any, never.',
    ),
    body: {
      schema: ignoreOrderSchema,
      limit: 'small',
      isOptional: true,
      example: { overRatePerHour: 100, reason: 'the partner is slow at night' },
    },
    handle: (request: IgnoreRequest, api) => act('ignore', request, api),
  }),
  defineRoute({
    ...command(
      'reopen',
      'Say that a fault needs somebody',
      'Of a regressed one also that somebody has taken it up.',
    ),
    body: orderBody,
    handle: (request: OrderRequest, api) => act('reopen', request, api),
  }),
  defineRoute({
    ...command('notes', 'Write a note on a fault', 'Kept for whoever looks at the fault next.'),
    body: {
      schema: newGroupNoteSchema,
      limit: 'small',
      example: { text: 'The partner rotates its certificate on Mondays.' },
    },
    problems: ['GROUP_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
    handle: addNote,
  }),
]

function command(name: GroupAct | 'notes', summary: string, description: string) {
  return {
    method: 'POST',
    path: `/api/v1/dead-letters/groups/{fingerprint}/${name}`,
    operationId: name === 'notes' ? 'addGroupNote' : `${name}Group`,
    tag: 'Dead letters',
    summary,
    description,
    access: 'dead-letters:write',
    params: fingerprintParameter,
    responses: {
      200: { description: 'The group.', schema: groupDetailSchema, example: EXAMPLES.groupDetail },
    },
    problems: ['GROUP_NOT_FOUND', 'GROUP_STATE_CONFLICT', 'DATABASE_UNAVAILABLE'],
  } as const
}

async function act(name: GroupAct, request: OrderRequest | IgnoreRequest, api: ApiParts): Promise<Answer> {
  const { params, caller, body } = request
  const { fingerprint } = params
  const tenantIds = await visibleTenantIds(caller, api)
  const groups = await withinDeadline(
    changeGroupState(api.db, {
      tenantIds,
      fingerprint,
      act: name,
      actor: caller.actor,
      reason: body.reason ?? null,
      expectedState: body.expectedState ?? null,
      ...(name === 'ignore' && { ignore: toTerms(body) }),
    }),
  )
  const [first] = groups
  if (first === undefined) throw groupNotFound(fingerprint)
  if (groups.every((group) => !group.isChanged)) throw conflict(name, first, request)
  return { status: 200, json: await showGroup(fingerprint, caller, api) }
}

function toTerms({ untilAt, untilCount, overRatePerHour }: IgnoreOrder): IgnoreTerms {
  if (untilAt !== undefined && Date.parse(untilAt) <= Date.now()) {
    const message = 'expected a time to come'
    throw new ProblemError('INVALID_BODY', {
      detail: `/untilAt: ${message}.`,
      errors: [{ path: '/untilAt', message }],
    })
  }
  return {
    untilAt: untilAt === undefined ? null : new Date(untilAt),
    untilCount: untilCount ?? null,
    overRatePerHour: overRatePerHour ?? null,
  }
}

function conflict(
  name: GroupAct,
  before: GroupBefore,
  { params, body }: OrderRequest | IgnoreRequest,
): ProblemError {
  const { state, stateChangedAt, stateChangedBy } = before
  const since = stateChangedAt === null ? '' : `, by ${stateChangedBy} since ${stateChangedAt.toISOString()}`
  const expected = body.expectedState ?? GROUP_TRANSITIONS[name].from.join(' or ')
  const detail = `The group ${params.fingerprint} is ${state}${since}; to ${name} it, it was expected to be ${expected}.`
  return new ProblemError('GROUP_STATE_CONFLICT', { detail, extensions: { groupState: state } })
}

async function addNote(
  request: RouteRequest<Params, unknown, NewGroupNoteBody>,
  api: ApiParts,
): Promise<Answer> {
  const { params, caller, body } = request
  const { fingerprint } = params
  const tenantIds = await visibleTenantIds(caller, api)
  const note = { id: newId(), tenantIds, fingerprint, author: caller.actor, text: body.text }
  if (!(await withinDeadline(addGroupNote(api.db, note)))) throw groupNotFound(fingerprint)
  return { status: 200, json: await showGroup(fingerprint, caller, api) }
}
