type JsonObject = Readonly<Record<string, unknown>>

/** A JSON Merge Patch (RFC 7396): members of the patch replace those of the target, null removes, objects are merged. Pure. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  // n.b. Entries and not assignments: `__proto__` is a key like any other in JSON.
  const merged = new Map<string, unknown>(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
