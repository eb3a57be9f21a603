import { setTimeout as pause } from 'node:timers/promises'

export interface WaitOptions {
  readonly deadlineMs: number
  readonly everyMs?: number
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Looks every `everyMs` until `look` answers something other than null or false, and returns it.
 * Returns null when `deadlineMs` have passed first. What `look` throws passes through.
 */
export async function waitUntil<Found>(
  look: () => Promise<Found | null | false> | Found | null | false,
  { deadlineMs, everyMs = 50, signal }: WaitOptions,
): Promise<Found | null> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    signal?.throwIfAborted()
    const found = await look()
    if (found !== null && found !== false) return found
    if (performance.now() >= deadline) return null
    await pause(everyMs)
  }
}
