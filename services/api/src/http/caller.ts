/** On whose behalf a request acts: every query carries the tenant, every audit entry the actor. */
export interface Caller {
  readonly tenantId: string
  readonly actor: string
}
