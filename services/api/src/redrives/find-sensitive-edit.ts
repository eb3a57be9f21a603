import { mapSensitive } from '@redrive/shared/task'

/**
 * Where a patch writes a value at a sensitive path, as a path with dots, or null. A patch is kept and shown with its redrive,
 * so it is no place for such a value; taking one away, with `null`, tells nothing. Pure.
 */
export function findSensitiveEdit(patch: unknown, sensitive: readonly string[]): string | null {
  const found: string[] = []
  mapSensitive(patch, sensitive, (value, place) => {
    if (value !== null) found.push(place.join('.'))
    return value
  })
  return found[0] ?? null
}
