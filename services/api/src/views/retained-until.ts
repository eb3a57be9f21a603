const DAY_MS = 86_400_000

/** When a dead letter may be deleted: so many days after the death, whatever is done with it. Null: never. */
export function retainedUntil({ diedAt }: { readonly diedAt: Date }, retentionDays: number): string | null {
  return retentionDays === 0 ? null : new Date(diedAt.getTime() + retentionDays * DAY_MS).toISOString()
}
