import type { NewRedrive } from '@redrive/shared/contract'
import { type PlanOutcome, planRedrive } from '@redrive/shared/database'
import { newId } from '@redrive/shared/runtime'
import type { ApiParts } from '../api-parts.ts'
import { readDeadLetterFilter } from '../filters/read-dead-letter-filter.ts'
import type { Caller } from '../http/caller.ts'
import { withinDeadline } from '../http/within-deadline.ts'
import { ProblemError } from '../problem-error.ts'
import { patchInputs } from './patch-inputs.ts'

/** More would be a migration of the installation, and its plan a table of its own size. */
const MAX_MEMBERS = 1_000_000
const DEFAULT_EXPIRES_MS = 3_600_000
/** A million members take some ten seconds to freeze, with a patch a few times that. */
const PLAN_WITHIN_MS = 180_000

/** Freezes what the filter means now, and returns the plan's id. Throws a problem where it means nothing, or too much. */
export async function planNewRedrive(order: NewRedrive, caller: Caller, api: ApiParts): Promise<string> {
  const match = await readDeadLetterFilter({ sent: order.filter, place: 'body', caller }, api)
  const id = newId()
  const plan = {
    id,
    auditId: newId(),
    tenantId: caller.tenantId,
    actor: caller.actor,
    match,
    filter: JSON.stringify(match.filter),
    reason: order.reason ?? null,
    ratePerSecond: order.ratePerSecond ?? null,
    concurrency: order.concurrency ?? null,
    lane: order.lane ?? null,
    maxAttempts: order.maxAttempts ?? null,
    inputPatch: order.inputPatch === undefined ? null : JSON.stringify(order.inputPatch),
    expiresInMs: order.expiresInMs ?? DEFAULT_EXPIRES_MS,
    maxMembers: MAX_MEMBERS,
  }
  const outcome = await withinDeadline(planRedrive(api.db, plan, patcherOf(order, api)), PLAN_WITHIN_MS)
  refuse(outcome)
  return id
}

function patcherOf({ inputPatch: patch }: NewRedrive, { types, settings }: ApiParts) {
  return patch === undefined ? null : patchInputs({ patch, types, maxInputBytes: settings.maxTaskBytes })
}

function refuse(outcome: PlanOutcome): void {
  if (outcome.kind === 'nothing') {
    const { foreignExcluded } = outcome
    const foreign =
      foreignExcluded === 0
        ? ''
        : ` ${foreignExcluded} open messages that belong to no task match; each is sent back by itself.`
    const detail = `No open dead letter of a task matches the filter.${foreign}`
    throw new ProblemError('NOTHING_MATCHES', {
      detail,
      errors: [{ path: '/filter', message: 'matches nothing' }],
    })
  }
  if (outcome.kind === 'too_many') {
    const detail = `The filter matches more than ${MAX_MEMBERS} open dead letters, which is the most that one redrive takes.`
    throw new ProblemError('TOO_MANY_MATCHES', {
      detail,
      errors: [{ path: '/filter', message: 'matches too many' }],
    })
  }
}
