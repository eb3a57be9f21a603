import { isIP } from 'node:net'
import type { AllowList } from './allow-list.ts'
import { type AddressKind, judgeAddress } from './judge-address.ts'

/**
 * Which addresses the host may turn out to have. `public`: public ones. `internal`: those of a private network too,
 * because the host is listed by name. `listed`: none but what the list covers, because scheme or port ask for it.
 * What the list covers is fine in every case.
 */
export type Terms = 'public' | 'internal' | 'listed'

export type UrlVerdict =
  | { readonly isAllowed: true; readonly terms: Terms }
  | { readonly isAllowed: false; readonly reason: string }

const PUBLIC_PORTS: readonly number[] = [443, 8443]
/** A name in the list opens these. Metadata services, multicast and the like are reached by an address in the list only. */
const INTERNAL: readonly AddressKind[] = ['public', 'private', 'shared', 'loopback']

/**
 * Whether a request may be sent to this address at all, before its host is resolved. n.b. `URL` has turned octal,
 * hexadecimal, short and integer notations of an address into the usual one already. Pure.
 */
export function judgeUrl(url: URL, list: AllowList): UrlVerdict {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('only http and https are spoken')
  if (url.username !== '' || url.password !== '') {
    return refuse('it carries credentials, which belong into a header')
  }
  const host = hostOf(url)
  const port = portOf(url)
  const terms = list.namesHost(host, port) ? 'internal' : isForEverybody(url) ? 'public' : 'listed'
  if (isIP(host) === 0) return { isAllowed: true, terms }
  const reason = refuseAddress(host, { terms, port, list })
  return reason === null ? { isAllowed: true, terms } : refuse(reason)
}

/** Why the address must not be connected to, or null when it may. Pure. */
export function refuseAddress(
  address: string,
  { terms, port, list }: { readonly terms: Terms; readonly port: number; readonly list: AllowList },
): string | null {
  if (list.coversAddress(address, port)) return null
  if (terms === 'listed') {
    return `without TLS, or on another port than ${PUBLIC_PORTS.join(' and ')}, only listed targets are reached`
  }
  const kind = judgeAddress(address)
  const isFine = terms === 'internal' ? INTERNAL.includes(kind) : kind === 'public'
  // The address itself is not told: it would answer whoever probes an internal network through us.
  return isFine ? null : `it leads to a ${kind.replace('_', '-')} address`
}

/** The host as it is resolved and listed: without the brackets of IPv6 and without the dot of the root. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

export function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}

function isForEverybody(url: URL): boolean {
  return url.protocol === 'https:' && PUBLIC_PORTS.includes(portOf(url))
}

function refuse(reason: string): UrlVerdict {
  return { isAllowed: false, reason }
}
