import { constants } from 'node:os'
import type { ProcessEnding } from './process-ending.ts'

/** What a shell adds to the number of the signal that ended a process. */
const ENDED_BY_SIGNAL = 128
/** A first process in a container ignores the signals that it sends to itself, SIGKILL included. */
const SIGNAL_WITHIN_MS = 100

/** Ends this process as another one ended, so that whoever watches this one sees what happened to that. */
export function endLike({ code, signal }: ProcessEnding): void {
  if (signal === null) process.exit(code ?? 1)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  setTimeout(() => process.exit(ENDED_BY_SIGNAL + constants.signals[signal]), SIGNAL_WITHIN_MS)
}
