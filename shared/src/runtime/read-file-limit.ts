import { readFileSync } from 'node:fs'

/** How many files and sockets this process may have open, or null where the system does not say. */
export function readFileLimit(): number | null {
  try {
    const [, soft = ''] = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === 'unlimited' ? Infinity : Number(soft) || null
  } catch {
    // Only Linux has this file; elsewhere the limit is not looked at.
    return null
  }
}
