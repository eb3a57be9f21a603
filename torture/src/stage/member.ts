import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import {
  type ServiceAddresses,
  type ServiceExit,
  type SpawnedService,
  spawnService,
  waitFor,
} from '@redrive/shared/testing'
import type { Links, Service } from '../stage.ts'
import { processTree } from './process-tree.ts'

export interface MemberPlan {
  readonly service: Service
  readonly name: string
  readonly links: Links
  readonly settings: Readonly<Record<string, string>>
  readonly logFolder: string
}

const READY_WITHIN_MS = 120_000

/** One service process of the fleet, which may be started any number of times, always with the same settings. */
export class Member {
  readonly service: Service
  readonly name: string
  readonly links: Links
  readonly #plan: MemberPlan
  readonly #log: WriteStream
  #process: SpawnedService | null = null
  #written = 0
  #frozenUntilMs = -Infinity

  constructor(plan: MemberPlan) {
    this.service = plan.service
    this.name = plan.name
    this.links = plan.links
    this.#plan = plan
    this.#log = createWriteStream(join(plan.logFolder, `${plan.name}.log`), { flags: 'a' })
  }

  /** Where it answers; null until it listens. A worker that its parent replaced listens on another port. */
  get addresses(): ServiceAddresses | null {
    const operations = this.#lastPort('operations.listening')
    const api = this.#lastPort('api.listening')
    if (operations === null) return null
    return { operationsUrl: urlOf(operations), apiUrl: api === null ? null : urlOf(api) }
  }

  get isUp(): boolean {
    return this.#process !== null
  }

  /** The process with all that it started. */
  get pids(): readonly number[] {
    return this.#process === null ? [] : processTree(this.#process.pid)
  }

  /** Starts it unless it runs. It may take as long as its engines are away until it is ready: see `ready`. */
  start(): void {
    if (this.#process !== null) return
    const { service, settings } = this.#plan
    const started = spawnService({ service, env: settings, isKept: true })
    this.#process = started
    this.#frozenUntilMs = -Infinity
    this.#written = 0
    void started.exited.then((exit) => {
      this.#keepLogs(started)
      this.#log.write(`${JSON.stringify({ exit })}\n`)
      this.#process = null
    })
  }

  async ready(): Promise<void> {
    await waitFor(
      async () => {
        if (this.#process === null) throw new Error(`${this.name} does not run`)
        const operationsUrl = this.addresses?.operationsUrl
        const answer = await fetch(`${operationsUrl}/readyz`, { signal: AbortSignal.timeout(2_000) })
        if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
        return true
      },
      `${this.name} to be ready`,
      { deadlineMs: READY_WITHIN_MS },
    )
  }

  /** Ends the process and all that it started at once. */
  async kill(): Promise<void> {
    const ended = this.#process?.exited
    this.#signal('SIGKILL')
    await ended
  }

  pause(): void {
    this.#frozenUntilMs = Infinity
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#frozenUntilMs = performance.now()
    this.#signal('SIGCONT')
  }

  /** Whether it was frozen at that time, or later. */
  wasFrozenAfter(atMs: number): boolean {
    return this.#frozenUntilMs > atMs
  }

  /** Asks it to stop, and answers how it ended; null when it did not run. */
  async terminate(): Promise<ServiceExit | null> {
    return (await this.#process?.kill('SIGTERM')) ?? null
  }

  /** What it has logged since the last call goes to its file. */
  keepLogs(): void {
    if (this.#process !== null) this.#keepLogs(this.#process)
  }

  #lastPort(event: string): number | null {
    const line = this.#process?.logs.findLast((one) => one['event'] === event)
    return line === undefined ? null : Number(line['port'])
  }

  #keepLogs({ logs }: SpawnedService): void {
    for (const line of logs.slice(this.#written)) this.#log.write(`${JSON.stringify(line)}\n`)
    this.#written = logs.length
  }

  #signal(signal: NodeJS.Signals): void {
    // Parents first, so that no keeper replaces a child that is about to follow it.
    for (const pid of this.pids) {
      try {
        process.kill(pid, signal)
      } catch {
        // It ended by itself meanwhile.
      }
    }
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`
}
