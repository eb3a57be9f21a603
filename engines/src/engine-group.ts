import { readFileSync, readdirSync } from 'node:fs'
import { isRunning } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** Set in every engine's environment to its record's path, so that what outlives its leader can be recognised. */
export const ENGINE_MARK = 'REDRIVE_ENGINE_RECORD'

/**
 * The processes of an engine that still run: its leader, the leader's children, and what else was started in the same
 * process group. Postgres gives each of its children a group of its own and overwrites its environment, so these are
 * known by their parent, and only as long as it runs; without it they end by themselves.
 * A group's number alone proves nothing once its leader is gone (after a reboot it may be anybody's), so a member
 * counts only if it carries the mark. Elsewhere than on Linux only the leader can be seen.
 */
export function engineGroup(leader: ProcessIdentity, recordFile: string): readonly number[] {
  const isLed = isRunning(leader)
  const leaders = isLed ? [leader.pid] : []
  if (process.platform !== 'linux') return leaders
  const mark = `${ENGINE_MARK}=${recordFile}`
  const others = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== leader.pid)
    .filter((entry) => {
      const found = readProcess(entry)
      if (found === null) return false
      return (isLed && found.parent === leader.pid) || (found.group === leader.pid && isMarked(entry, mark))
    })
  return [...leaders, ...others.map(Number)]
}

/** Null for one that has ended, even while it was looked at. */
function readProcess(entry: string): { readonly parent: number; readonly group: number } | null {
  try {
    const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
    const [state, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? null : { parent: Number(parent), group: Number(group) }
  } catch {
    return null
  }
}

/** A process of another user cannot be looked into, and is not ours. */
function isMarked(entry: string, mark: string): boolean {
  try {
    return readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(mark)
  } catch {
    return false
  }
}
