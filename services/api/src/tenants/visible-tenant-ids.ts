import type { ApiParts } from '../api-parts.ts'
import type { Caller } from '../http/caller.ts'
import { repeatRead } from '../http/repeat-read.ts'
import { visibleTenants } from './visible-tenants.ts'

/** Whose groups a caller sees and acts on. */
export async function visibleTenantIds(caller: Caller, api: ApiParts): Promise<readonly string[]> {
  const tenants = await repeatRead(() => visibleTenants(caller, api))
  return tenants.map(({ id }) => id)
}
