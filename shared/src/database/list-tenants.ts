import type { Executor } from './ledger.ts'

export interface Tenant {
  readonly id: string
  readonly name: string
}

/** Every tenant. */
export function listTenants(executor: Executor): Promise<Tenant[]> {
  return executor.selectFrom('tenants').select(['id', 'name']).orderBy('name').execute()
}
