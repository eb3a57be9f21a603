import type { Scope } from './scope.ts'

/** On whose behalf a request acts: every query carries the tenant, every audit entry the actor. */
export interface Caller {
  readonly tenantId: string
  /** The tenant's name. */
  readonly tenant: string
  readonly actor: string
  /** Whoever runs the installation sees what every tenant has; any other key sees its own tenant's only. */
  readonly visibility: 'all' | 'own'
  /** What its key is allowed to do. */
  readonly scopes: readonly Scope[]
}

/** Whose a thing must be for the caller to see it; null when it may be anybody's. */
export function visibleOwner({ visibility, tenantId }: Caller): string | null {
  return visibility === 'all' ? null : tenantId
}
