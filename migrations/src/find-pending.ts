/**
 * What is left to apply, in order. A journal with names that are not known is that of a newer version; then nothing may be
 * left, because a step below a newer one would come in an order that nobody has tried.
 */
export function findPending(known: readonly string[], applied: readonly string[]): readonly string[] {
  const names = new Set(applied)
  const pending = known.filter((name) => !names.has(name)).toSorted()
  const last = applied.toSorted().at(-1)
  const first = pending[0]
  if (first !== undefined && last !== undefined && first < last) {
    throw new Error(
      `The ledger has ${last} and lacks ${first}, which comes before it: another line of versions migrated it. ` +
        'Run the migrations of the version that made it.',
    )
  }
  return pending
}
