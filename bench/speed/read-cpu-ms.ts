import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in ticks of a hundredth of a second, whatever its own clock does. */
const TICK_MS = 10

/**
 * The processor time of processes so far, in milliseconds, by name: those that are named, and whatever else has the folder in its
 * environment or its command line, with its children, by the name of its program. What ended children used is their parent's. Linux only; elsewhere there is none.
 */
export function readCpuMs(
  named: ReadonlyMap<number, string>,
  folder: string,
): Readonly<Record<string, number>> {
  const used: Record<string, number> = {}
  for (const pid of processIds()) {
    const name = named.get(pid) ?? nameIfWithin(pid, folder)
    if (name !== null) used[name] = (used[name] ?? 0) + cpuMsOf(pid)
  }
  return used
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger)
  } catch {
    return []
  }
}

function nameIfWithin(pid: number, folder: string): string | null {
  return isWithin(pid, folder) || isWithin(parentOf(pid), folder) ? (read(pid, 'comm')?.trim() ?? null) : null
}

/** n.b. Postgres writes its title over its environment, and its children over their command lines as well. */
function isWithin(pid: number, folder: string): boolean {
  return ['environ', 'cmdline'].some((file) => read(pid, file)?.includes(folder))
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status') ?? '')?.[1] ?? 0)
}

function cpuMsOf(pid: number): number {
  const stat = read(pid, 'stat')
  if (stat === null) return 0
  // After the name, which may contain anything: state is field 3, utime to cstime are 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return ticks * TICK_MS
}

function read(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended, or is somebody else's.
    return null
  }
}
