import { readdirSync, readFileSync } from 'node:fs'

export interface Usage {
  readonly cpuMs: number
  readonly residentBytes: number
}

/** Linux counts processor time in ticks of a hundredth of a second, whatever its own clock does. */
const TICK_MS = 10

/**
 * What processes have used so far, by name: those that are named, and whatever else has the folder in its environment or its
 * command line, with its children, by the name of its program. What ended children used is their parent's. Linux only; elsewhere there is none.
 */
export function readUsage(
  named: ReadonlyMap<number, string>,
  folder: string,
): Readonly<Record<string, Usage>> {
  const usage: Record<string, Usage> = {}
  for (const pid of processIds()) {
    const name = named.get(pid) ?? nameIfWithin(pid, folder)
    const used = name === null ? null : usageOf(pid)
    if (name === null || used === null) continue
    const before = usage[name] ?? { cpuMs: 0, residentBytes: 0 }
    usage[name] = {
      cpuMs: before.cpuMs + used.cpuMs,
      residentBytes: before.residentBytes + used.residentBytes,
    }
  }
  return usage
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

function usageOf(pid: number): Usage | null {
  const stat = read(pid, 'stat')
  if (stat === null) return null
  // After the name, which may contain anything: state is field 3, utime to cstime are 14 to 17, the pages in memory 24.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { cpuMs: ticks * TICK_MS, residentBytes: Number(fields[21]) * 4_096 }
}

function read(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    // It has ended, or is somebody else's.
    return null
  }
}
