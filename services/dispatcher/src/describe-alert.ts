import type { ErrorRateChange, GroupView } from '@redrive/shared/database'

/** What the alert webhook is told. n.b. `docs/groups.md` shows both forms; receivers depend on them. */
export interface Alert {
  readonly type: GroupAlert | ErrorRateAlert
  readonly timestamp: string
  readonly data: Readonly<Record<string, unknown>>
}

export type GroupAlert = 'group.new' | 'group.regressed' | 'group.reopened'
type ErrorRateAlert = 'error_rate.exceeded' | 'error_rate.recovered'

const GROUPS = '/api/v1/dead-letters/groups'

/**
 * The news of a group, in about a kilobyte: receivers take small bodies. It has no message, stack or input, which may name
 * what is nobody's business outside; the links lead there.
 */
export function describeGroupAlert(type: GroupAlert, group: GroupView, at: Date): Alert {
  const { fingerprint, title, state, example } = group
  return {
    type,
    timestamp: at.toISOString(),
    data: {
      group: {
        fingerprint,
        title,
        state,
        count: group.all,
        firstSeenAt: group.firstSeenAt.toISOString(),
        lastSeenAt: group.lastSeenAt?.toISOString() ?? null,
        types: group.types.map(({ name }) => name),
        tenants: group.tenants.map(({ name }) => name),
        example: exampleOf(group),
      },
      links: {
        group: `${GROUPS}/${fingerprint}`,
        deadLetters: `/api/v1/dead-letters?fingerprint=${fingerprint}`,
        ...(example === null ? {} : { example: `/api/v1/dead-letters/${example.id}` }),
      },
    },
  }
}

function exampleOf({ example }: GroupView) {
  if (example === null) return null
  const { id, taskId, tenant, type, reason, diedAt } = example
  return { id, taskId, tenant, type, reason, diedAt: new Date(diedAt).toISOString() }
}

export function describeErrorRateAlert(
  { isExceeded, failuresPerMinute }: ErrorRateChange,
  threshold: number,
  at: Date,
): Alert {
  return {
    type: isExceeded ? 'error_rate.exceeded' : 'error_rate.recovered',
    timestamp: at.toISOString(),
    data: { failuresPerMinute, threshold, links: { groups: `${GROUPS}?sort=count` } },
  }
}
