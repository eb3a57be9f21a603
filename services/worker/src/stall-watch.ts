import { createLogger } from '@redrive/shared/logger'
import { measureStall, type StallLook } from './measure-stall.ts'
import { type Pulse, PULSE_EVERY_MS } from './pulse.ts'

export interface StallWatchPlan {
  readonly pulse: Pulse
  readonly limitMs: number
  readonly workerId: string
  readonly logLevel: string
  /** The meaning of the event `worker.blocked`. */
  readonly meaning: string
}

/**
 * Ends the process when the pulse of its main thread stands still for longer than the limit: a handler blocks it, and
 * all its neighbours with it. Runs on another thread. SIGKILL, because nothing gentler needs no help of a blocked thread.
 *
 * Crash window: as when the process is killed from outside. Rescue takes back what ran, and each of these tasks runs
 * alone next, so that the one that blocks harms nobody.
 */
export function watchStall({ pulse, limitMs, workerId, logLevel, meaning }: StallWatchPlan): void {
  let look: StallLook = { beat: -1, atMs: performance.now(), stalledMs: 0 }
  setInterval(() => {
    const now = { beat: Atomics.load(pulse, 0), atMs: performance.now() }
    look = measureStall(look, now, PULSE_EVERY_MS)
    if (look.stalledMs <= limitMs) return
    const stalledMs = Math.round(look.stalledMs)
    // The logger writes before it returns, so the line is out before the process is gone.
    createLogger({ service: 'worker', level: logLevel }).fatal(
      { event: 'worker.blocked', workerId, stalledMs, limitMs },
      meaning,
    )
    process.kill(process.pid, 'SIGKILL')
  }, PULSE_EVERY_MS)
}
