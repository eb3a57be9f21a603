/** Shared with the thread that listens: how often the event loop has turned. */
export type Pulse = Int32Array<SharedArrayBuffer>

/** Often enough that a stall is known to a quarter of a second; each beat costs less than a microsecond. */
export const PULSE_EVERY_MS = 250

/** Beats from now on while the event loop turns. */
export function startPulse(): Pulse {
  const pulse = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const timer = setInterval(() => Atomics.add(pulse, 0, 1), PULSE_EVERY_MS)
  timer.unref()
  return pulse
}
