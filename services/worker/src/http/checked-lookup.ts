import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { callbackify } from 'node:util'

/** All addresses of a host. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** The address of a host that may not be connected to. */
export class RefusedAddress extends Error {
  override readonly name: string = 'RefusedAddress'
}

/**
 * The resolver of the system, with /etc/hosts and search domains, so that the names of internal targets mean what they
 * mean elsewhere on this host. It runs in libuv's pool, of which slow look-ups get half the threads at most.
 */
export const resolveBySystem: Resolve = (host) => lookup(host, { all: true })

/**
 * A `lookup` for connections: resolves once, refuses the host when any of its addresses is refused, and hands out the
 * very addresses that were judged. So a name that changes its meaning in between (DNS rebinding) gains nothing.
 * n.b. Not called for a host that is an address: that one is judged with its URL.
 */
export function checkedLookup(
  resolve: Resolve,
  refuseAddress: (address: string) => string | null,
): LookupFunction {
  const resolveChecked = async (host: string): Promise<LookupAddress[]> => {
    const addresses = [...(await resolve(host))]
    if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENODATA' })
    for (const { address } of addresses) {
      const reason = refuseAddress(address)
      if (reason !== null) throw new RefusedAddress(reason)
    }
    return addresses
  }
  const lookupChecked = callbackify(resolveChecked)
  return (host, options, callback) =>
    lookupChecked(host, (error, addresses) => {
      if (error !== null) return callback(error, '')
      if (options.all === true) return callback(null, addresses)
      const [first] = addresses
      callback(null, first?.address ?? '', first?.family)
    })
}
