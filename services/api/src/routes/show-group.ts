import type { GroupDetailResource } from '@redrive/shared/contract'
import { findGroups, listGroupHistory, listGroupNotes, readInSnapshot } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import type { Caller } from '../http/caller.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { ProblemError } from '../problem-error.ts'
import { visibleTenantIds } from '../tenants/visible-tenant-ids.ts'
import { toGroupDetail } from '../views/to-group.ts'

/** A fault's group, of the tenants that the caller sees. Throws GROUP_NOT_FOUND, also for one that only others met. */
export async function showGroup(
  fingerprint: string,
  caller: Caller,
  api: ApiParts,
): Promise<GroupDetailResource> {
  const tenantIds = await visibleTenantIds(caller, api)
  const found = {
    tenantIds,
    filter: {},
    fingerprints: [fingerprint],
    order: 'lastSeen',
    limit: 1,
    withEmpty: true,
  } as const
  const story = await repeatRead(() =>
    readInSnapshot(api.db, async (snapshot) => ({
      groups: await findGroups(snapshot, found),
      notes: await listGroupNotes(snapshot, { tenantIds, fingerprint }),
      history: await listGroupHistory(snapshot, { tenantIds, fingerprint }),
    })),
  )
  const [group] = story.groups
  if (group === undefined) throw groupNotFound(fingerprint)
  return toGroupDetail({ ...story, group })
}

export function groupNotFound(fingerprint: string): ProblemError {
  const detail = `There is no group of dead letters ${fingerprint.slice(0, 100)}.`
  return new ProblemError('GROUP_NOT_FOUND', { detail })
}
