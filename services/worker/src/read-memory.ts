import { readFileSync } from 'node:fs'

export interface ProcessMemory {
  readonly residentBytes: number
  /** The most that it ever was. */
  readonly peakBytes: number
}

/** A process's resident memory as Linux tells it; null elsewhere, and for a process that has ended. */
export function readMemory(pid: number): ProcessMemory | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const peakBytes = readKilobytes(status, 'VmHWM')
    const residentBytes = readKilobytes(status, 'VmRSS')
    return peakBytes === null || residentBytes === null ? null : { peakBytes, residentBytes }
  } catch {
    // No such process any more, or no such system.
    return null
  }
}

function readKilobytes(status: string, field: string): number | null {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)
  return match === null ? null : Number(match[1]) * 1_024
}
