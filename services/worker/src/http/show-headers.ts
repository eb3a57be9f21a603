import type { IncomingHttpHeaders } from 'node:http'

const MAX_HEADERS = 50
const MAX_VALUE = 1_000
/** Secrets that the receiver gave to us, not to whoever reads results. */
const LEFT_OUT: readonly string[] = ['set-cookie', 'set-cookie2', 'authentication-info', 'proxy-authenticate']

/** The headers of an answer as a result keeps them: bounded, and without those that open sessions. Pure. */
export function showHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const shown = Object.entries(headers)
    .filter(([name]) => !LEFT_OUT.includes(name))
    .slice(0, MAX_HEADERS)
    .map(([name, value]) => [name, clean(Array.isArray(value) ? value.join(', ') : (value ?? ''))] as const)
  return Object.fromEntries(shown)
}

/** n.b. Header values arrive as Latin-1, so there is no half of a surrogate pair, but there may be control characters. */
function clean(value: string): string {
  return value.slice(0, MAX_VALUE).replaceAll('\u0000', '\uFFFD')
}
