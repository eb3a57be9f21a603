import { listSensitiveTypes } from '@redrive/shared/database'
import type { FilterFault, InputCondition, ParsedFilter, SentFilter, Words } from '@redrive/shared/filter'
import type { ApiParts } from '../api-parts.ts'
import type { Caller } from '../http/caller.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { jsonPointer } from '../json/json-pointer.ts'
import { ProblemError } from '../problem-error.ts'
import { chooseTenants } from '../tenants/choose-tenants.ts'
import { visibleTenants } from '../tenants/visible-tenants.ts'
import { findSensitiveConditions } from './find-sensitive-conditions.ts'

export interface FilterRequest {
  readonly sent: SentFilter
  /** In the address, or as the member `filter` of a body. */
  readonly place: 'query' | 'body'
  readonly caller: Caller
}

export interface ResolvedFilter<Filter> {
  readonly filter: Filter
  readonly tenantIds: readonly string[]
}

interface Resolvable {
  readonly tenant?: Words
  readonly type?: Words
  readonly input?: readonly InputCondition[]
}

/** The filter with the tenants that it looks through: of those that the caller sees, those that it names. */
export async function resolveFilter<Filter extends Resolvable>(
  { place, caller }: FilterRequest,
  parsed: ParsedFilter<Filter>,
  api: ApiParts,
): Promise<ResolvedFilter<Filter>> {
  if ('errors' in parsed) throw invalidFilter(place, parsed.errors)
  const { filter } = parsed
  await refuseSensitive(filter, place, api)
  const chosen = chooseTenants(filter.tenant, await repeatRead(() => visibleTenants(caller, api)))
  if ('fault' in chosen) throw invalidFilter(place, [{ field: 'tenant', message: chosen.fault }])
  return { filter, tenantIds: chosen.ids }
}

async function refuseSensitive(
  filter: Resolvable,
  place: FilterRequest['place'],
  { db }: ApiParts,
): Promise<void> {
  if (filter.input === undefined) return
  const faults = findSensitiveConditions(filter, await repeatRead(() => listSensitiveTypes(db)))
  if (faults.length > 0) throw invalidFilter(place, faults)
}

function invalidFilter(place: FilterRequest['place'], faults: readonly FilterFault[]): ProblemError {
  const errors = faults.map(({ field, message }) => {
    return { path: place === 'query' ? field : jsonPointer(['filter', field]), message }
  })
  const detail = faults.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new ProblemError(place === 'query' ? 'INVALID_QUERY' : 'INVALID_BODY', {
    detail: `${detail}.`,
    errors,
  })
}
