import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { REPOSITORY_FOLDER } from './repository-folder.ts'
import { onCleanup } from './test-cleanup.ts'
import { waitFor } from './wait-for.ts'

export type LogLine = Readonly<Record<string, unknown>>

export interface ServiceExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SpawnedService {
  readonly pid: number
  /** Everything logged so far, in order. A line that is not JSON appears as `{ text }`. */
  readonly logs: readonly LogLine[]
  /** Resolves when the process has ended, in whatever way. */
  readonly exited: Promise<ServiceExit>
  /** The first matching line, past or future. Rejects after `deadlineMs` (20 s), or at once when the process ends. */
  waitForLog(
    predicate: (line: LogLine) => boolean,
    options?: { readonly deadlineMs?: number },
  ): Promise<LogLine>
  /** Resolves with the real addresses once the service says that it is ready. */
  waitForReady(options?: { readonly deadlineMs?: number }): Promise<ServiceAddresses>
  /** Sends the signal (SIGKILL unless named) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<ServiceExit>
  /** Asks the process to stop and waits; kills it after 20 s. Idempotent; also done when the test file has ended. */
  stop(): Promise<ServiceExit>
}

export interface ServiceAddresses {
  /** Where `/livez`, `/readyz` and `/metrics` are. */
  readonly operationsUrl: string
  /** Where clients are served; only the api has it. */
  readonly apiUrl: string | null
}

export interface ServicePlan {
  readonly service: 'api' | 'dispatcher' | 'worker'
  /** The service sees these settings, `PATH`, and free ports; nothing else of the test's environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** With the parent process that replaces a worker. Without it, signals and crash points meet the worker itself. */
  readonly isKept?: boolean
  /** Where its sources are; another version's have a folder of their own. */
  readonly repositoryFolder?: string
}

const DEADLINE_MS = 20_000
/** A busy machine takes its time to load some hundred modules. */
const START_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 20_000
/** How many log lines an error shows. */
const LINES_SHOWN = 15

/** Starts a real service process from its sources, with its logs captured. */
export function spawnService({
  service,
  env,
  isKept = false,
  repositoryFolder = REPOSITORY_FOLDER,
}: ServicePlan): SpawnedService {
  // An empty working folder: a developer's own .env has no part in a test.
  const folder = mkdtempSync(join(tmpdir(), `redrive-${service}-`))
  const entry = service === 'worker' && !isKept ? 'worker-process.ts' : 'main.ts'
  const main = join(repositoryFolder, 'services', service, 'src', entry)
  const child = spawn(process.execPath, ['--conditions=redrive:source', main], {
    cwd: folder,
    env: { PATH: process.env['PATH'], METRICS_PORT: '0', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const spawned = new RunningService(service, child)
  onCleanup(async () => {
    await spawned.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return spawned
}

class RunningService implements SpawnedService {
  readonly exited: Promise<ServiceExit>
  readonly #service: string
  readonly #child: ChildProcess
  readonly #changes = new EventEmitter<{ change: [] }>()
  readonly #logs: LogLine[] = []
  #exit: ServiceExit | null = null

  constructor(service: string, child: ChildProcess) {
    this.#service = service
    this.#child = child
    this.#changes.setMaxListeners(0)
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#keep(line))
    }
    this.exited = new Promise((resolve) => {
      // n.b. 'close' comes after the last line of output, 'exit' may come before it.
      child.once('close', (code, signal) => {
        this.#exit = { code, signal }
        resolve(this.#exit)
        this.#changes.emit('change')
      })
    })
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`the ${this.#service} could not be started`)
    return this.#child.pid
  }

  get logs(): readonly LogLine[] {
    return this.#logs
  }

  waitForLog(
    predicate: (line: LogLine) => boolean,
    { deadlineMs = DEADLINE_MS }: { readonly deadlineMs?: number } = {},
  ): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer)
        this.#changes.off('change', look)
        settle()
      }
      const fail = (reason: string): void =>
        finish(() =>
          reject(new Error(`the ${this.#service} ${reason}; its last lines:\n${this.#lastLines()}`)),
        )
      const look = (): void => {
        const found = this.#logs.find(predicate)
        if (found !== undefined) finish(() => resolve(found))
        else if (this.#exit !== null)
          fail(`ended (${JSON.stringify(this.#exit)}) before it logged ${String(predicate)}`)
      }
      const timer = setTimeout(
        () => fail(`did not log ${String(predicate)} within ${deadlineMs} ms`),
        deadlineMs,
      )
      this.#changes.on('change', look)
      look()
    })
  }

  async waitForReady({
    deadlineMs = START_WITHIN_MS,
  }: { readonly deadlineMs?: number } = {}): Promise<ServiceAddresses> {
    const operationsUrl = await this.#addressLogged('operations.listening', deadlineMs)
    const apiUrl = this.#service === 'api' ? await this.#addressLogged('api.listening', deadlineMs) : null
    await waitFor(
      async () => {
        if (this.#exit !== null) return 'ended' as const
        const response = await fetch(`${operationsUrl}/readyz`, { signal: AbortSignal.timeout(5_000) })
        if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
        return 'ready' as const
      },
      `the ${this.#service} to be ready`,
      { deadlineMs },
    )
    if (this.#exit !== null)
      throw new Error(`the ${this.#service} ended before it was ready:\n${this.#lastLines()}`)
    return { operationsUrl, apiUrl }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ServiceExit> {
    this.#child.kill(signal)
    return this.exited
  }

  async stop(): Promise<ServiceExit> {
    if (this.#exit !== null) return this.#exit
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS)
    this.#child.kill('SIGTERM')
    const exit = await this.exited
    clearTimeout(timer)
    return exit
  }

  async #addressLogged(event: string, deadlineMs: number): Promise<string> {
    const { port } = await this.waitForLog((line) => line['event'] === event, { deadlineMs })
    return `http://127.0.0.1:${String(port)}`
  }

  #keep(line: string): void {
    this.#logs.push(parseLine(line))
    this.#changes.emit('change')
  }

  #lastLines(): string {
    return this.#logs
      .slice(-LINES_SHOWN)
      .map((line) => JSON.stringify(line))
      .join('\n')
  }
}

function parseLine(line: string): LogLine {
  try {
    const parsed: unknown = JSON.parse(line)
    if (typeof parsed === 'object' && parsed !== null) return parsed as LogLine
  } catch {
    // Not the logger's: a crash's stack trace, say. It is kept as it is.
  }
  return { text: line }
}
