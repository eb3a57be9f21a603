import { readFileSync, readdirSync } from 'node:fs'

/** A process and everything below it, parents first. Empty when it is gone. Linux only. */
export function processTree(pid: number): readonly number[] {
  const tree: number[] = []
  for (let next: number | undefined, open = [pid]; (next = open.pop()) !== undefined;) {
    const children = childrenOf(next)
    if (children === null) continue
    tree.push(next)
    open.push(...children)
  }
  return tree
}

function childrenOf(pid: number): readonly number[] | null {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    // It ended while it was looked at.
    return null
  }
}
