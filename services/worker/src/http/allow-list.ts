import { BlockList, isIP } from 'node:net'
import type { AllowedTarget } from '@redrive/shared/task'
import { plainAddress } from './plain-address.ts'

/** What an operator has opened beyond the public internet. */
export interface AllowList {
  /** Whether this host is listed by its name. */
  readonly namesHost: (host: string, port: number) => boolean
  /** Whether the address is listed, by itself or within a range. */
  readonly coversAddress: (address: string, port: number) => boolean
}

export function createAllowList(targets: readonly AllowedTarget[]): AllowList {
  const names = targets.filter((target) => target.kind === 'name')
  const ranges = targets.filter((target) => target.kind === 'range').map(withList)
  return {
    namesHost: (host, port) =>
      names.some(
        (target) =>
          isOpen(target, port) && (target.isBelow ? host.endsWith(`.${target.name}`) : host === target.name),
      ),
    coversAddress: (address, port) => {
      const plain = plainAddress(address)
      const family = isIP(plain) === 4 ? 'ipv4' : 'ipv6'
      return ranges.some(({ target, list }) => isOpen(target, port) && list.check(plain, family))
    },
  }
}

type Range = Extract<AllowedTarget, { kind: 'range' }>

function withList(target: Range): { readonly target: Range; readonly list: BlockList } {
  const list = new BlockList()
  list.addSubnet(target.network, target.prefix, target.family)
  return { target, list }
}

function isOpen(target: AllowedTarget, port: number): boolean {
  return target.port === null || target.port === port
}
