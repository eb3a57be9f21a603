const SAME_REQUEST_MS = 1_000
const PARENT_CHECK_MS = 1_000

export interface StopRequests {
  /** Called once, at the first request. */
  readonly stop: (reason: string) => void
  /** Called when somebody asks again and means it. */
  readonly insist: () => void
}

/**
 * Listens for a request to stop: a signal, or the end of the process that started this one. A terminal's Ctrl-C arrives twice
 * (from the terminal, and passed on by the parent), so a second signal counts only a second after the first.
 */
export function onStopRequest({ stop, insist }: StopRequests): void {
  let firstAtMs: number | null = null
  const request = (reason: string): void => {
    if (firstAtMs === null) {
      firstAtMs = performance.now()
      stop(reason)
    } else if (performance.now() - firstAtMs > SAME_REQUEST_MS) insist()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => request(signal))
  const parent = process.ppid
  const check = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(check)
    request('the starting process ended')
  }, PARENT_CHECK_MS)
  check.unref()
}
