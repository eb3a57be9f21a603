const MAX_LENGTH = 400

/** A value as one line of the history. */
export function show(value: unknown): string {
  const text = JSON.stringify(value, (name, inner: unknown) => {
    if (inner instanceof Map || inner instanceof Set) return [...inner]
    if (['error', 'fingerprint', 'title', 'decision', 'bodyHash', 'raw', 'evidence'].includes(name))
      return undefined
    return inner
  })
  return (text ?? 'nothing').slice(0, MAX_LENGTH)
}
