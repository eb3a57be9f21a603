import type { Logger } from '@redrive/shared/runtime'
import type { HandlerSettings } from './load-handlers.ts'
import { LoneProcess } from './lone-process.ts'
import { ProcessSlots } from './process-slots.ts'
import type { RunningAttempt } from './running-attempts.ts'

interface LoneProcessesOptions {
  readonly limit: number
  readonly handlers: HandlerSettings
  readonly logger: Logger
}

interface Listening {
  readonly onBegan: () => void
  readonly onProgress: (progress: unknown) => void
}

/** The processes that run attempts alone: how many there may be, and what all of them have in common. */
export class LoneProcesses {
  readonly slots: ProcessSlots
  readonly #options: LoneProcessesOptions
  readonly #running = new Set<LoneProcess>()

  constructor(options: LoneProcessesOptions) {
    this.#options = options
    this.slots = new ProcessSlots(options.limit)
    // A worker that ends before its time takes them along, and does not leave it to them to find out.
    process.once('exit', () => this.#killAll())
  }

  /** Starts the process of an attempt that has a slot. */
  start({ claimed, timeoutMs, type }: RunningAttempt, listening: Listening): LoneProcess {
    const { handlers, logger } = this.#options
    const { taskId, attempt, input } = claimed
    const child = new LoneProcess({
      order: {
        kind: 'run',
        claimed: { taskId, type: claimed.type, attempt, input },
        timeoutMs,
        handlers,
        logLevel: logger.level,
      },
      memoryLimitMb: type.memoryLimitMb ?? null,
      ...listening,
      onLine: passOn,
    })
    this.#running.add(child)
    void child.ended.then(() => this.#running.delete(child))
    return child
  }

  #killAll(): void {
    for (const child of this.#running) child.kill('told')
  }
}

/** Handlers log the same way wherever they run: the line is one of the worker's. */
function passOn(line: string): void {
  process.stdout.write(`${line}\n`)
}
