import { setTimeout as pause } from 'node:timers/promises'

const AGAIN_AFTER_MS = 250

/** Tries a step until it succeeds or the time is over; then throws what it last threw. Another fault may be in its way. */
export async function within<Answer>(limitMs: number, step: () => Promise<Answer>): Promise<Answer> {
  const untilMs = performance.now() + limitMs
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (performance.now() >= untilMs) throw error
      await pause(AGAIN_AFTER_MS)
    }
  }
}
