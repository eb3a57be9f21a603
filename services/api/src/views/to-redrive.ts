import type { RedriveMemberResource, RedriveReportResource, RedriveResource } from '@redrive/shared/contract'
import type { RedriveMemberView, RedriveReport, RedriveView } from '@redrive/shared/database'
import { MEMBER_OUTCOMES, type MemberOutcome } from '@redrive/shared/task'

/** A redrive as the api shows it. */
export function toRedrive(redrive: RedriveView): RedriveResource {
  const { summary } = redrive
  return {
    id: redrive.id,
    state: redrive.state,
    filter: redrive.filter as Record<string, unknown>,
    reason: redrive.reason,
    actor: redrive.actor,
    plannedAt: redrive.plannedAt.toISOString(),
    expiresAt: redrive.expiresAt.toISOString(),
    startedAt: redrive.startedAt?.toISOString() ?? null,
    startedBy: redrive.startedBy,
    endedAt: redrive.endedAt?.toISOString() ?? null,
    ratePerSecond: redrive.ratePerSecond,
    concurrency: redrive.concurrency,
    lane: redrive.lane,
    maxAttempts: redrive.maxAttempts,
    inputPatch: (redrive.inputPatch ?? null) as Record<string, unknown> | null,
    memberCount: redrive.memberCount,
    foreignExcluded: summary.foreignExcluded,
    groupCount: summary.groupCount,
    groups: [...summary.groups],
    types: [...summary.types],
    tenants: [...summary.tenants],
    progress: toProgress(redrive),
    recall: toRecall(redrive),
  }
}

function toProgress(redrive: RedriveView): RedriveResource['progress'] {
  const { memberCount, redriven, skipped, recalled, state, perSecond } = redrive
  const planned = memberCount - redriven - skipped - recalled
  const isPaced = state === 'running' && perSecond !== null && perSecond > 0
  return {
    planned,
    redriven,
    skipped,
    recalled,
    perSecond: perSecond === null ? null : round(perSecond),
    etaSeconds: isPaced ? round(planned / perSecond) : null,
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function toRecall(redrive: RedriveView): RedriveResource['recall'] {
  const { recallAskedAt, recalledBy, recallReason, recallEndedAt } = redrive
  if (recallAskedAt === null) return null
  return {
    askedAt: recallAskedAt.toISOString(),
    actor: recalledBy ?? '',
    reason: recallReason,
    endedAt: recallEndedAt?.toISOString() ?? null,
  }
}

/** One of its members. */
export function toRedriveMember({
  id,
  number,
  actedAt,
  ...member
}: RedriveMemberView): RedriveMemberResource {
  return { ...member, deadLetterId: id, dispatch: number, actedAt: actedAt?.toISOString() ?? null }
}

/** What became of its members. */
export function toRedriveReport(redrive: RedriveView, report: RedriveReport): RedriveReportResource {
  const outcomes = Object.fromEntries(
    MEMBER_OUTCOMES.map((outcome) => [outcome, report.outcomes.get(outcome) ?? 0]),
  ) as Record<MemberOutcome, number>
  return {
    id: redrive.id,
    state: redrive.state,
    memberCount: redrive.memberCount,
    progress: toProgress(redrive),
    outcomes,
    faults: [...report.groups],
    skipped: [...report.skips],
  }
}
