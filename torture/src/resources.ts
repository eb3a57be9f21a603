import { readFileSync, readdirSync } from 'node:fs'
import type { ProcessFact } from './check/evidence.ts'
import type { Fleet } from './stage/fleet.ts'

const EVERY_MS = 1_000

/** Samples memory and open files of every member's processes, and keeps the most of each. Linux only. */
export class Resources {
  readonly #fleet: Fleet
  readonly #most = new Map<string, ProcessFact>()
  #timer: NodeJS.Timeout | null = null

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  start(): void {
    this.#timer = setInterval(() => this.#sample(), EVERY_MS)
  }

  /** The most that one process of each member had. */
  stop(): readonly ProcessFact[] {
    if (this.#timer !== null) clearInterval(this.#timer)
    return [...this.#most.values()]
  }

  #sample(): void {
    for (const { name, pids } of this.#fleet.members) {
      for (const pid of pids) {
        const now = look(pid)
        const most = this.#most.get(name) ?? { name, mostMemoryBytes: 0, mostFiles: 0 }
        this.#most.set(name, {
          name,
          mostMemoryBytes: Math.max(most.mostMemoryBytes, now.memoryBytes),
          mostFiles: Math.max(most.mostFiles, now.files),
        })
      }
    }
  }
}

function look(pid: number): { readonly memoryBytes: number; readonly files: number } {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return { memoryBytes: Number(kilobytes ?? 0) * 1_024, files: readdirSync(`/proc/${pid}/fd`).length }
  } catch {
    // It ended while it was looked at.
    return { memoryBytes: 0, files: 0 }
  }
}
