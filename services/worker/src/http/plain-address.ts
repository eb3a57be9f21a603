import { isIP } from 'node:net'

/** The first groups of IPv6 addresses that carry an IPv4 address in their last two: mapped, and NAT64's well-known prefix. */
const CARRIERS = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']

/**
 * The address that packets really go to: the IPv4 address inside a mapped or NAT64 one, and any other without its zone.
 * Anything that is no address stays as it is. Pure.
 */
export function plainAddress(address: string): string {
  const [text = ''] = address.split('%', 1)
  if (isIP(text) !== 6) return text
  const groups = groupsOf(text)
  const first = groups.slice(0, 6).map((group) => group.toString(16))
  if (!CARRIERS.includes(first.join(':'))) return text
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')
}

/** The eight numbers of a valid IPv6 address, also of one whose end is written as IPv4. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::')
  const first = numbersOf(head)
  const last = tail === undefined ? [] : numbersOf(tail)
  const missing = 8 - first.length - last.length
  return [...first, ...Array.from({ length: missing }, () => 0), ...last]
}

function numbersOf(part: string): readonly number[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
