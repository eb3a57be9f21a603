import { readFileSync, readdirSync } from 'node:fs'
import { isRunning } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** Set in every engine's environment to its record's path, so that what outlives its leader can be recognised. */
export const ENGINE_MARK = 'REDRIVE_ENGINE_RECORD'

/**
 * The processes of an engine that still run: its leader, and what the leader started in the same process group.
 * A group's number alone proves nothing once its leader is gone (after a reboot it may be anybody's), so a member
 * counts only if it carries the mark. Elsewhere than on Linux only the leader can be seen.
 */
export function engineGroup(leader: ProcessIdentity, recordFile: string): readonly number[] {
  const leaders = isRunning(leader) ? [leader.pid] : []
  if (process.platform !== 'linux') return leaders
  const others = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== leader.pid)
    .filter((entry) => isMember(entry, leader.pid, `${ENGINE_MARK}=${recordFile}`))
  return [...leaders, ...others.map(Number)]
}

function isMember(entry: string, group: number, mark: string): boolean {
  try {
    const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
    const [state, , inGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(inGroup) !== group || state === 'Z') return false
    return readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0').includes(mark)
  } catch {
    // It ended while it was looked at, or belongs to another user: not ours.
    return false
  }
}
