import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process that can be told from a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When the process began, in whatever form the system tells it. */
  readonly began: string
}

/** The identity of a running process, or null when there is none with this number. */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const began = process.platform === 'linux' ? beganOnLinux(pid) : beganElsewhere(pid)
  return began === null ? null : { pid, began }
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.began === identity.began
}

/** Boot id and start tick: the tick alone repeats after a reboot. A zombie has ended for our purposes. */
function beganOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // n.b. the second field is the program's name in parentheses and may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`
  } catch {
    // No such process: it ended before or while it was being read.
    return null
  }
}

function beganElsewhere(pid: number): string | null {
  try {
    process.kill(pid, 0)
  } catch {
    // ESRCH. A process of another user (EPERM) is not one that we started either.
    return null
  }
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return ps.stdout?.trim() || 'unknown'
}
