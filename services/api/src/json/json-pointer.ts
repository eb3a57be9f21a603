/** Longer names are nobody's, and a hundred errors below one of megabytes would be an answer of gigabytes. */
const MAX_PART = 200
const MAX_POINTER = 2_000

/** A JSON Pointer (RFC 6901) to a place in a body. Bounded: of a very long one, the end is missing. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  const pointer = path.map(
    (part) => `/${shorten(String(part), MAX_PART).replaceAll('~', '~0').replaceAll('/', '~1')}`,
  )
  return shorten(pointer.join(''), MAX_POINTER)
}

/** The same pointer within the bounds; for one that something else made. */
export function boundPointer(pointer: string): string {
  if (pointer.length <= MAX_PART) return pointer
  return shorten(
    pointer
      .split('/')
      .map((part) => shorten(part, MAX_PART))
      .join('/'),
    MAX_POINTER,
  )
}

function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text
}
