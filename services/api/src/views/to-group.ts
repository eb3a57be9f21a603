import type { GroupDetailResource, GroupResource } from '@redrive/shared/contract'
import type { GroupHistoryEntry, GroupNote, GroupView } from '@redrive/shared/database'

const HOURS = 24

/** A group as the api shows it. */
export function toGroup(group: GroupView): GroupResource {
  const { all, carried, open, redriven, discarded } = group
  const hourOf = (hour: number): number => group.byHour?.[String(hour)] ?? 0
  return {
    fingerprint: group.fingerprint,
    title: group.title,
    state: group.state,
    counts: { all, carried, open, redriven, discarded },
    firstSeenAt: group.firstSeenAt.toISOString(),
    lastSeenAt: group.lastSeenAt?.toISOString() ?? null,
    hourly: Array.from({ length: HOURS }, (_, index) => hourOf(index + 1)),
    types: [...group.types],
    workerVersions: [...group.workerVersions],
    tenants: group.tenants.map(({ name, state, count }) => ({ name, state, count })),
    tenantCount: group.tenantCount,
    example: toExample(group),
    ignored: toIgnored(group),
    stateChangedAt: group.stateChangedAt?.toISOString() ?? null,
    stateChangedBy: group.stateChangedBy,
    stateReason: group.stateReason,
    noteCount: group.noteCount,
  }
}

function toExample({ example }: GroupView): GroupResource['example'] {
  if (example === null) return null
  const { id, taskId, tenant, type, state, reason, diedAt } = example
  return { id, taskId, tenant, type, state, reason, diedAt: new Date(diedAt).toISOString() }
}

function toIgnored(group: GroupView): GroupResource['ignored'] {
  if (group.state !== 'ignored') return null
  return {
    untilAt: group.ignoredUntil?.toISOString() ?? null,
    untilCount: group.ignoredUntilCount,
    overRatePerHour: group.ignoredOverRate,
  }
}

interface GroupStory {
  readonly group: GroupView
  readonly notes: readonly GroupNote[]
  readonly history: readonly GroupHistoryEntry[]
}

/** One group with what operators wrote and did. */
export function toGroupDetail({ group, notes, history }: GroupStory): GroupDetailResource {
  return {
    ...toGroup(group),
    notes: notes.map((note) => ({ ...note, at: note.at.toISOString() })),
    history: history.map((entry) => ({ ...entry, at: entry.at.toISOString() })),
  }
}
