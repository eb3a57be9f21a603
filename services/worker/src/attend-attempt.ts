// What the process of one attempt does: take the attempt from its worker, run it, and answer.
import { writeFileSync } from 'node:fs'
import { Worker as Thread } from 'node:worker_threads'
import { createLogger } from '@redrive/shared/logger'
import type { AttemptNews, AttemptOrder } from './attempt-messages.ts'
import { catchStrayRejections } from './catch-stray-errors.ts'
import { loadHandlers } from './load-handlers.ts'
import { readProgress } from './read-progress.ts'
import { runAttempt } from './run-attempt.ts'
import { siblingModule } from './sibling-module.ts'

type RunOrder = Extract<AttemptOrder, { kind: 'run' }>
type Because = Extract<AttemptOrder, { kind: 'abort' }>['because']

/** Above its worker's, which is 0: where memory runs out, the system ends this process first. */
const OOM_SCORE = '500'

const abort = new AbortController()
let abortedBecause: Because = null

preferForOom()
new Thread(siblingModule('parent-watch', import.meta.url), {
  // Told, and not looked up: a worker that is gone already has another's number.
  workerData: Number(process.argv[2]),
  name: 'parent watch',
})
// A terminal's Ctrl-C reaches every process of its group, and the worker decides what happens to its attempts.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
// After the answer as well: the worker lets go of this process by disconnecting.
process.once('disconnect', () => process.exit())
if (!process.connected) process.exit()
process.on('message', (order: AttemptOrder) => {
  if (order.kind === 'run') run(order).catch(failToStart)
  else {
    abortedBecause = order.because
    abort.abort(new DOMException(order.reason.message, order.reason.name))
  }
})

async function run({ claimed, timeoutMs, handlers, logLevel }: RunOrder): Promise<void> {
  const logger = createLogger({ service: 'worker', level: logLevel })
  catchStrayRejections({ logger, runningCount: () => 1 })
  const types = await loadHandlers(handlers)
  const type = types.find(({ name }) => name === claimed.type)
  if (type === undefined) throw new Error(`The type ${claimed.type} is not in the handlers any more.`)
  tell({ kind: 'began', memoryPeakBytes: process.resourceUsage().maxRSS * 1_024 })
  const attempt = {
    claimed,
    type,
    timeoutMs,
    abort,
    get abortedBecause() {
      return abortedBecause
    },
    abortedAtMs: 0,
    isDecided: false,
    // The worker decides without the handler, and then ends this process.
    overruled: new Promise<never>(() => {}),
  }
  const reportProgress = (_: unknown, progress: unknown): void => {
    const read = readProgress(progress)
    if ('problem' in read) logger.warn(read, 'A handler reported progress that cannot be shown.')
    else tell({ kind: 'progress', progress: read.progress })
  }
  const outcome = await runAttempt(attempt, { context: { logger }, reportProgress })
  tell({ kind: 'answered', outcome })
}

/** Not the attempt's outcome: the worker sees a process that ended before its handler began, and its last words. */
function failToStart(error: unknown): void {
  createLogger({ service: 'worker', level: 'fatal' }).fatal({ error }, 'An attempt could not begin.')
  process.exit(1)
}

/** Where the worker is gone, there is nobody to tell, and `disconnect` ends this process. */
function tell(news: AttemptNews): void {
  process.send?.(news, undefined, {}, () => {})
}

function preferForOom(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', OOM_SCORE)
  } catch {
    // Not Linux, or not allowed: then the system chooses by size.
  }
}
