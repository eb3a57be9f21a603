import { isIP } from 'node:net'

/** A host by its name, with everything below it for `*.domain`; or addresses from a range, which may be a single one. */
export type AllowedTarget =
  | { readonly kind: 'name'; readonly name: string; readonly isBelow: boolean; readonly port: number | null }
  | {
      readonly kind: 'range'
      readonly network: string
      readonly prefix: number
      readonly family: 'ipv4' | 'ipv6'
      readonly port: number | null
    }

const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Reads one part of HTTP_ALLOWED_TARGETS, or null for a text that is no target. Pure. */
export function parseAllowedTarget(text: string): AllowedTarget | null {
  const [, network, prefix] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  if (network !== undefined) return toRange(network, Number(prefix), null)
  if (isIP(text) !== 0) return toRange(text, null, null)
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const port = digits === undefined ? null : Number(digits)
  if (port !== null && (port < 1 || port > 65_535)) return null
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? toRange(bracketed, null, port) : null
  if (plain === undefined) return null
  return isIP(plain) === 4 ? toRange(plain, null, port) : toName(plain.toLowerCase(), port)
}

function toRange(network: string, prefix: number | null, port: number | null): AllowedTarget | null {
  const version = isIP(network)
  const longest = version === 4 ? 32 : 128
  if (version === 0 || network.includes('%') || (prefix !== null && prefix > longest)) return null
  return {
    kind: 'range',
    network,
    prefix: prefix ?? longest,
    family: version === 4 ? 'ipv4' : 'ipv6',
    port,
  }
}

function toName(text: string, port: number | null): AllowedTarget | null {
  const isBelow = text.startsWith('*.')
  const name = isBelow ? text.slice(2) : text
  // A name that ends in a number is read as an address by URLs, so it would never match.
  const isHost = name.length <= 253 && NAME.test(name) && !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)
  return isHost ? { kind: 'name', name, isBelow, port } : null
}
