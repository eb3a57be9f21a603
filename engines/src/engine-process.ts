import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { EngineError } from './engine-error.ts'
import { ENGINE_MARK, engineGroup } from './engine-group.ts'
import { readState, writeState } from './kept-state.ts'
import { identifyProcess, isRunning } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { waitUntil } from './wait-until.ts'

export interface EngineProgram {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logFile: string
  /** Remembers the process for a supervisor that comes after this one was killed. */
  readonly recordFile: string
  readonly stopSignal: NodeJS.Signals
  readonly stopGraceMs: number
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** The kernel takes the memory of a killed process away before its number; a guess, for a busy machine. */
const KILLED_WITHIN_MS = 5_000
/** How much of an engine's log an error shows. */
const LOG_TAIL = 1_500

/**
 * One engine's process, in a session of its own: Ctrl-C in the terminal reaches the services, which still need
 * the engine while they stop, and not the engine itself.
 */
export class EngineProcess {
  readonly #program: EngineProgram
  #child: ChildProcess | null = null
  #ending: string | null = null

  constructor(program: EngineProgram) {
    this.#program = program
  }

  /** Stops what an earlier, killed supervisor left running on the same record, then starts. Does not wait for readiness. */
  async start(): Promise<void> {
    const { name, command, env, logFile, recordFile, user } = this.#program
    await stopRecorded(this.#program)
    const log = openSync(logFile, 'a', 0o600)
    const [file, ...args] = command
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...env, [ENGINE_MARK]: recordFile },
      ...user,
    })
    closeSync(log)
    this.#child = child
    child.once('error', (error) => (this.#ending = error.message))
    child.once('exit', (status, signal) => (this.#ending = `ended (${signal ?? `status ${status}`})`))
    if (child.pid === undefined) throw this.failure(`${name} could not be started`)
    recordProcess(recordFile, child.pid)
    // The supervisor's own handles keep it alive, not the engine's.
    child.unref()
  }

  get hasEnded(): boolean {
    return this.#ending !== null
  }

  /** An error that says how the process ended, if it did, and shows the end of its log. */
  failure(what: string): EngineError {
    const ending = this.#ending === null ? '' : `: the process ${this.#ending}`
    return new EngineError(`${what}${ending}\n${logTail(this.#program.logFile)}`.trimEnd(), {
      advice: `Its whole log is ${this.#program.logFile}.`,
    })
  }

  /** Ends the process and all that it started at once, as a machine that loses its power does. Idempotent. */
  async kill(): Promise<void> {
    if (this.#child === null) return
    // n.b. children that are known by their parent only cannot be found after it. Stopped, it starts no further ones.
    this.#signalAll('SIGSTOP')
    const children = this.#members().flatMap((pid) => identifyProcess(pid) ?? [])
    this.#signalAll('SIGKILL')
    this.#child = null
    await stopRecorded({ ...this.#program, stopSignal: 'SIGKILL', stopGraceMs: 0 })
    await waitUntil(() => !children.some(isRunning), { deadlineMs: KILLED_WITHIN_MS })
  }

  /** Stops the process and all that it started in the middle of whatever they do; `resume` lets them go on. */
  pause(): void {
    this.#signalAll('SIGSTOP')
  }

  resume(): void {
    this.#signalAll('SIGCONT')
  }

  #signalAll(name: NodeJS.Signals): void {
    for (const pid of this.#members()) signal(pid, name)
  }

  #members(): readonly number[] {
    const leader = readState<ProcessIdentity>(this.#program.recordFile)
    return this.#child === null || leader === null ? [] : engineGroup(leader, this.#program.recordFile)
  }

  /** `graceMs` may shorten the program's own grace period. Idempotent. */
  async stop(graceMs = this.#program.stopGraceMs): Promise<void> {
    if (this.#child === null) return
    this.#child = null
    await stopRecorded({ ...this.#program, stopGraceMs: Math.min(graceMs, this.#program.stopGraceMs) })
  }
}

/** Remembers a process for `stopRecorded`, which may be called by another process later. */
export function recordProcess(recordFile: string, pid: number): void {
  const identity = identifyProcess(pid)
  if (identity !== null) writeState(recordFile, identity)
}

export type RecordedProcess = Pick<EngineProgram, 'name' | 'recordFile' | 'stopSignal' | 'stopGraceMs'>

/** Stops the process that the record names, if it still runs: politely, then by force with all it started. Removes the record. */
export async function stopRecorded({
  name,
  recordFile,
  stopSignal,
  stopGraceMs,
}: RecordedProcess): Promise<void> {
  const leader = readState<ProcessIdentity>(recordFile)
  if (leader === null) return
  const remaining = (): readonly number[] => engineGroup(leader, recordFile)
  const hasGone = (): boolean => remaining().length === 0
  if (isRunning(leader)) signal(leader.pid, stopSignal)
  else remaining().forEach((pid) => signal(pid, 'SIGTERM'))
  if (!(await waitUntil(hasGone, { deadlineMs: stopGraceMs }))) {
    remaining().forEach((pid) => signal(pid, 'SIGKILL'))
    if (!(await waitUntil(hasGone, { deadlineMs: 5_000 }))) {
      throw new EngineError(`${name} (process ${leader.pid}) does not end`, {
        advice: `Stop process ${leader.pid} by hand, then try again.`,
      })
    }
  }
  rmSync(recordFile, { force: true })
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // ESRCH: it ended by itself meanwhile, which is what the signal was for.
  }
}

function logTail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-LOG_TAIL)
  } catch {
    // There is no log yet: the program did not get far enough to write one.
    return ''
  }
}
