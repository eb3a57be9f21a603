import type { Events } from '@redrive/shared/runtime'

/** A flood of connections is one thing that happens, not one for each of them. */
const TELL_AGAIN_AFTER_MS = 60_000

/** Reports connections that were ended for their bound: each is counted, and the fact is told once a minute. */
export function createCutReporter(events: Events, limit: number): (reason: 'idle' | 'refused') => void {
  let toldAtMs = Number.NEGATIVE_INFINITY
  return (reason) => {
    events.emit('connection.cut', { reason })
    if (performance.now() - toldAtMs < TELL_AGAIN_AFTER_MS) return
    toldAtMs = performance.now()
    events.emit('connections.full', { limit })
  }
}
