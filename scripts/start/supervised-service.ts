import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { recordProcess } from '@redrive/engines'
import { progress } from './progress.ts'
import { ServiceLog } from './service-log.ts'
import { serviceRecord } from './service-records.ts'
import type { ServiceName } from './service-records.ts'

export interface ServiceDefinition {
  readonly name: ServiceName
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where `/readyz` is asked. */
  readonly operationsUrl: string
  /** After this long without an end, a stop becomes a kill. */
  readonly graceMs: number
}

const READY_WITHIN_MS = 60_000
const READY_POLL_MS = 50
const FIRST_RESTART_MS = 500
const LONGEST_RESTART_MS = 30_000
/** A process that ran this long is not in a crash loop, so its next restart is quick again. */
const HEALTHY_AFTER_MS = 30_000

/**
 * One service as a child process. Starting: it must become ready. Running: whenever it ends, it is started again,
 * later and later while it keeps ending soon. Stopping: it is asked, then killed after its grace period.
 */
export class SupervisedService {
  readonly #definition: ServiceDefinition
  readonly #log: ServiceLog
  readonly #record: string
  #child: ChildProcess | null = null
  #ended: Promise<void> = Promise.resolve()
  #startedAtMs = 0
  #restartMs = FIRST_RESTART_MS
  readonly #stopping = new AbortController()
  #isReady = false

  constructor(definition: ServiceDefinition) {
    this.#definition = definition
    this.#record = serviceRecord(definition.root, definition.name)
    this.#log = new ServiceLog(definition.name, join(definition.root, `.redrive/logs/${definition.name}.log`))
  }

  /** Resolves when the service says that it is ready; rejects when it ends before, or takes longer than a minute. */
  async start(): Promise<void> {
    this.#spawn()
    const deadline = performance.now() + READY_WITHIN_MS
    while (!(await this.#answersReady())) {
      const { name } = this.#definition
      if (this.#stopping.signal.aborted) throw new Error(`the ${name} was stopped before it was ready`)
      if (this.#child === null) throw this.#failure('ended before it was ready')
      if (performance.now() > deadline)
        throw this.#failure(`was not ready after ${READY_WITHIN_MS / 1_000} s`)
      await pause(READY_POLL_MS)
    }
    this.#isReady = true
  }

  /** Idempotent. Resolves when the process has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const child = this.#child
    if (child === null) return this.#ended
    child.kill('SIGTERM')
    const timer = setTimeout(() => killGroup(child), this.#definition.graceMs)
    await this.#ended
    clearTimeout(timer)
  }

  kill(): void {
    this.#stopping.abort()
    if (this.#child !== null) killGroup(this.#child)
  }

  /** In a session of its own: Ctrl-C must reach the supervisor alone, which stops services before engines. */
  #spawn(): void {
    const { name, root, env } = this.#definition
    const main = join(root, `services/${name}/src/main.ts`)
    const child = spawn(process.execPath, ['--conditions=redrive:source', main], {
      cwd: root,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child = child
    this.#startedAtMs = performance.now()
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#log.add(line))
    }
    if (child.pid !== undefined) recordProcess(this.#record, child.pid)
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => this.#log.add(String(error)))
      child.once('close', (status, signal) => {
        this.#child = null
        rmSync(this.#record, { force: true })
        resolve()
        this.#restart(signal ?? `status ${status}`)
      })
    })
  }

  #restart(ending: string): void {
    if (this.#stopping.signal.aborted || !this.#isReady) return
    if (performance.now() - this.#startedAtMs > HEALTHY_AFTER_MS) this.#restartMs = FIRST_RESTART_MS
    const delayMs = this.#restartMs
    this.#restartMs = Math.min(delayMs * 2, LONGEST_RESTART_MS)
    progress(`the ${this.#definition.name} ended (${ending}); starting it again in ${delayMs / 1_000} s`)
    pause(delayMs, undefined, { signal: this.#stopping.signal }).then(
      () => this.#spawn(),
      () => {}, // Stopped meanwhile.
    )
  }

  async #answersReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#definition.operationsUrl}/readyz`, {
        signal: AbortSignal.timeout(2_000),
      })
      await response.body?.cancel()
      return response.ok
    } catch {
      // Not listening yet; the caller's deadline bounds this.
      return false
    }
  }

  #failure(what: string): Error {
    return new Error(
      `The ${this.#definition.name} ${what}.\n→ Its log is ${this.#log.file}; the reason is at its end.`,
    )
  }
}

/** With the processes that a service has started itself: a worker's parent would otherwise leave it behind. */
function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Windows has no groups; and a group that is gone needs no signal.
    child.kill('SIGKILL')
  }
}
