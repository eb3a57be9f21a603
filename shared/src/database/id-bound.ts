/**
 * Ids are made by the services' clocks and times by the database's, so bounds of ids reach further than the times that they
 * are made of. A guess: a host whose clock is further off has other troubles.
 */
const CLOCKS_APART_MS = 600_000

/** An id that is later than that of anything written before a time. */
export function idAfter(instant: string): string {
  return firstIdAt(Date.parse(instant) + CLOCKS_APART_MS)
}

/** An id that is earlier than that of anything written from a time on. */
export function idUntil(instant: string): string {
  return firstIdAt(Date.parse(instant) - CLOCKS_APART_MS)
}

/** The lowest UUIDv7 of a millisecond; there are none before 1970. */
function firstIdAt(ms: number): string {
  const hex = Math.max(ms, 0).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
