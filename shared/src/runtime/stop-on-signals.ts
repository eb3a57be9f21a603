import type { Logger } from './create-logger.ts'

export interface StopOptions {
  /** Finishes or gives back everything; afterwards the process exits with status 0. */
  stop(): Promise<void>
  readonly graceMs: number
  readonly logger: Logger
}

/** A terminal's Ctrl-C reaches a process twice when npm passes it on as well; a person's second one comes later. */
const SAME_SIGNAL_MS = 1000

/**
 * Ends the process by SIGTERM or SIGINT: the first calls `stop`, once. The process exits with 0 when that is done; with 1
 * when it fails, when the grace ends, or on a second signal that comes a second or more after the first.
 * What is cut off then is as safe as after a crash. Returns a function that stops listening for signals.
 */
export function stopOnSignals(options: StopOptions): () => void {
  const { graceMs, logger } = options
  let firstAtMs: number | null = null

  function exitNow(why: string): never {
    logger.fatal({ why }, 'The process ends without finishing.')
    process.exit(1)
  }

  function beginStop(signal: NodeJS.Signals): void {
    logger.info({ signal, graceMs }, 'The process was asked to stop.')
    setTimeout(() => exitNow(`the grace of ${graceMs} ms (SHUTDOWN_GRACE_MS) is over`), graceMs)
    void stopAndExit()
  }

  async function stopAndExit(): Promise<never> {
    try {
      await options.stop()
      return process.exit(0)
    } catch (error) {
      logger.fatal({ error }, 'Stopping failed.')
      return process.exit(1)
    }
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (firstAtMs === null) {
      firstAtMs = performance.now()
      beginStop(signal)
    } else if (performance.now() - firstAtMs >= SAME_SIGNAL_MS) {
      exitNow(`a second ${signal}`)
    }
  }

  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return () => {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
  }
}
