import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AttemptNews, AttemptOrder } from './attempt-messages.ts'
import type { AttemptOutcome } from '@redrive/shared/protocol'
import { LastOutput } from './last-output.ts'
import type { ProcessEnding } from './process-ending.ts'
import { readMemory } from './read-memory.ts'
import { siblingModule } from './sibling-module.ts'
import { within } from './within.ts'

export type KillReason = 'memory' | 'not_begun' | 'told'

/** All that a worker knows of a process of one attempt when it is gone. */
export interface LoneEnd extends ProcessEnding {
  /** Null when it died without one. */
  readonly answer: AttemptOutcome | null
  readonly hasBegun: boolean
  /** Why this worker killed it; null when it ended by itself. */
  readonly killedBecause: KillReason | null
  readonly isOutOfMemory: boolean
  readonly memoryPeakBytes: number | null
  readonly lastOutput: readonly string[]
}

interface LoneProcessOptions {
  readonly order: Extract<AttemptOrder, { kind: 'run' }>
  readonly memoryLimitMb: number | null
  /** The handler begins. These must not throw. */
  readonly onBegan: () => void
  readonly onProgress: (progress: unknown) => void
  /** A line that it wrote. */
  readonly onLine: (line: string) => void
}

const BYTES_PER_MB = 1_048_576
/** What Node takes beside the heap of V8: code, young objects, buffers. A guess on the safe side of 100 MB measured. */
const BESIDE_HEAP_MB = 128
/** Between looks at its memory, so that a limit is not passed by much. */
const LOOK_EVERY_MS = 100
/** Importing task types is a matter of seconds, also on a busy host. */
const BEGIN_WITHIN_MS = 60_000
/** After its answer a process has nothing more to do. */
const EXIT_WITHIN_MS = 1_000
/** Its output is complete when its pipes are closed, which processes that it has left behind may prevent. */
const OUTPUT_WITHIN_MS = 200

/** One process for one attempt, from its start until it is gone. It never outlives the attempt. */
export class LoneProcess {
  readonly ended: Promise<LoneEnd>
  readonly #options: LoneProcessOptions
  readonly #child: ChildProcess
  readonly #output: LastOutput
  readonly #timers: readonly NodeJS.Timeout[]
  #answer: AttemptOutcome | null = null
  #hasBegun = false
  #killedBecause: KillReason | null = null
  #memoryPeakBytes: number | null = null

  constructor(options: LoneProcessOptions) {
    this.#options = options
    this.#output = new LastOutput(options.onLine)
    this.#child = this.#spawn()
    this.ended = this.#untilGone()
    this.#timers = [
      setInterval(() => this.#lookAtMemory(), LOOK_EVERY_MS),
      setTimeout(() => this.#hasBegun || this.kill('not_begun'), BEGIN_WITHIN_MS),
    ]
    this.#tell(options.order)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Tells the handler to stop. */
  abort(because: 'timed_out' | 'taken_away' | null, reason: Error): void {
    const { name, message } = reason
    this.#tell({ kind: 'abort', because, reason: { name, message } })
  }

  kill(why: KillReason): void {
    if (this.#answer !== null) return
    this.#killedBecause ??= why
    this.#child.kill('SIGKILL')
  }

  #spawn(): ChildProcess {
    const { memoryLimitMb } = this.#options
    const file = fileURLToPath(siblingModule('attempt-process', import.meta.url))
    const heapLimit =
      memoryLimitMb === null
        ? []
        : [`--max-old-space-size=${Math.max(memoryLimitMb - BESIDE_HEAP_MB, BESIDE_HEAP_MB / 2)}`]
    const child = spawn(process.execPath, [...process.execArgv, ...heapLimit, file, String(process.pid)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    child.on('message', (news: AttemptNews) => this.#hear(news))
    for (const stream of [child.stdout, child.stderr]) {
      const lines = this.#output.createStream()
      stream?.on('data', (chunk: Buffer) => lines.add(chunk)).on('end', () => lines.end())
    }
    return child
  }

  #hear(news: AttemptNews): void {
    if (news.kind === 'progress') return this.#options.onProgress(news.progress)
    if (news.kind === 'answered') return this.#letGo(news.outcome)
    this.#hasBegun = true
    this.#notePeak(news.memoryPeakBytes)
    this.#options.onBegan()
  }

  /** It ends by itself when it is disconnected, unless something that its handler left behind keeps it busy. */
  #letGo(answer: AttemptOutcome): void {
    this.#answer = answer
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_WITHIN_MS)
    this.#child.once('exit', () => clearTimeout(timer))
  }

  #lookAtMemory(): void {
    const memory = this.#child.pid === undefined ? null : readMemory(this.#child.pid)
    if (memory === null) return
    this.#notePeak(memory.peakBytes)
    const { memoryLimitMb } = this.#options
    if (memoryLimitMb !== null && memory.residentBytes > memoryLimitMb * BYTES_PER_MB) this.kill('memory')
  }

  #notePeak(bytes: number): void {
    this.#memoryPeakBytes = Math.max(this.#memoryPeakBytes ?? 0, bytes)
  }

  #untilGone(): Promise<LoneEnd> {
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()))
    return new Promise((resolve) => {
      const end = async (ending: ProcessEnding): Promise<void> => {
        for (const timer of this.#timers) clearTimeout(timer)
        await within(OUTPUT_WITHIN_MS, closed)
        resolve({
          ...ending,
          answer: this.#answer,
          hasBegun: this.#hasBegun,
          killedBecause: this.#killedBecause,
          isOutOfMemory: this.#output.isOutOfMemory,
          memoryPeakBytes: this.#memoryPeakBytes,
          lastOutput: this.#output.lines,
        })
      }
      this.#child.once('exit', (code, signal) => void end({ code, signal }))
      // Not even started, for want of memory or processes. n.b. Also said of a message that could not be sent.
      this.#child.on('error', () => {
        if (this.#child.pid === undefined) void end({ code: null, signal: null })
      })
    })
  }

  /** A process that is gone hears nothing, and its end says all. */
  #tell(order: AttemptOrder): void {
    if (this.#child.connected) this.#child.send(order, () => {})
  }
}
