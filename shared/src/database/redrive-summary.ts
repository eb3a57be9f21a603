/** What a plan said when it was made; the lists have the largest hundred. */
export interface RedriveSummary {
  readonly groups: readonly RedriveGroup[]
  readonly groupCount: number
  readonly types: readonly { readonly type: string | null; readonly count: number }[]
  readonly tenants: readonly {
    readonly tenantId: string
    readonly name: string | null
    readonly count: number
  }[]
  /** Dead letters from all over the plan, to look at. */
  readonly sampleIds: readonly string[]
  /** Messages that belong to no task matched too, and are no members: each is sent back by itself. */
  readonly foreignExcluded: number
}

export interface RedriveGroup {
  readonly fingerprint: string
  /** Null where the group has been removed meanwhile. */
  readonly title: string | null
  readonly count: number
}
