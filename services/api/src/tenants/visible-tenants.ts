import type { Tenant } from '@redrive/shared/database'
import type { ApiParts } from '../api-parts.ts'
import type { Caller } from '../http/caller.ts'

/** The tenants whose tasks and dead letters a caller may see. */
export async function visibleTenants(caller: Caller, { tenants }: ApiParts): Promise<readonly Tenant[]> {
  if (caller.visibility === 'own') return [{ id: caller.tenantId, name: caller.tenant }]
  return await tenants.all()
}
