import { BlockList, isIP } from 'node:net'
import { plainAddress } from './plain-address.ts'

export type AddressKind =
  | 'public'
  | 'metadata'
  | 'loopback'
  | 'private'
  | 'shared'
  | 'link_local'
  | 'multicast'
  | 'unspecified'
  | 'reserved'

/**
 * IANA's special-purpose registries of both families, in the order in which they are asked. The metadata services of
 * clouds come first: Azure's has an address that looks public, others are within wider ranges.
 */
const RANGES: readonly (readonly [AddressKind, readonly string[]])[] = [
  [
    'metadata',
    [
      '169.254.169.254/32',
      '169.254.170.2/32',
      '100.100.100.200/32',
      '168.63.129.16/32',
      'fd00:ec2::254/128',
      'fd20:ce::254/128',
    ],
  ],
  ['unspecified', ['0.0.0.0/8', '::/128']],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
  ['shared', ['100.64.0.0/10']],
  ['link_local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  [
    'reserved',
    [
      '192.0.0.0/24',
      '192.0.2.0/24',
      '192.88.99.0/24',
      '198.18.0.0/15',
      '198.51.100.0/24',
      '203.0.113.0/24',
      '240.0.0.0/4',
      // Teredo, ORCHID and other assignments of the IETF; documentation; 6to4. All within what is public otherwise.
      '2001::/23',
      '2001:db8::/32',
      '2002::/16',
      '3fff::/20',
    ],
  ],
]

const LISTS = RANGES.map(([kind, ranges]) => [kind, listOf(ranges)] as const)
/** The only part of IPv6 from which public addresses are given out. */
const GLOBAL_UNICAST = listOf(['2000::/3'])

/**
 * What an address, in any notation that `net.isIP` knows, leads to. A text that is no address counts as reserved: what
 * is not known to be public is not. Pure.
 */
export function judgeAddress(address: string): AddressKind {
  const plain = plainAddress(address)
  const family = familyOf(plain)
  if (family === null) return 'reserved'
  const found = LISTS.find(([, list]) => list.check(plain, family))
  if (found !== undefined) return found[0]
  return family === 'ipv4' || GLOBAL_UNICAST.check(plain, family) ? 'public' : 'reserved'
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address)
  return version === 0 ? null : version === 4 ? 'ipv4' : 'ipv6'
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/')
    list.addSubnet(network, Number(prefix), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
