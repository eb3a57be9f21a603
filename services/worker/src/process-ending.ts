/** How a process ended, as Node tells it: by a status or by a signal. */
export interface ProcessEnding {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** "status 1", or "SIGKILL". */
export function describeProcessEnding({ code, signal }: ProcessEnding): string {
  return signal ?? `status ${code ?? 'unknown'}`
}
