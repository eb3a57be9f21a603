import { reachCrashPoint } from '@redrive/shared/crash-points'
import {
  askedDelayOf,
  asRunLater,
  describeError,
  type HandlerContext,
  isPermanent,
  MAX_DELAY_MS,
  MIN_RUN_LATER_MS,
  type TaskProgress,
} from '@redrive/shared/task'
import type { z } from 'zod'
import type { LoneAttempt } from './attempt-messages.ts'
import type { AttemptOutcome } from '@redrive/shared/protocol'
import { encodeResult } from './encode-result.ts'
import type { RunningAttempt } from './running-attempts.ts'
import { describeTimeout } from './sweep-attempts.ts'
import type { WorkerContext } from './worker-context.ts'

/** What of an attempt its handler needs, in a worker or in a process of its own. */
type Handled = Pick<
  RunningAttempt,
  'abort' | 'abortedAtMs' | 'abortedBecause' | 'isDecided' | 'overruled' | 'timeoutMs' | 'type'
> & { readonly claimed: LoneAttempt }

interface Running<Attempt extends Handled> {
  readonly context: Pick<WorkerContext, 'logger'>
  readonly reportProgress: (attempt: Attempt, progress: TaskProgress) => void
}

/** A schema with many fields that are all wrong need not fill the ledger. */
const MAX_PROBLEMS_LENGTH = 2_000

/**
 * Runs the handler once and says how it went, whatever it does: return, throw at once or later, throw something that is
 * no error, or not come back in time and be overruled. Never rejects.
 *
 * Crash window: effects of the handler may have happened, and the ledger shows a running attempt; rescue sends the task
 * to a worker again, where the handler repeats itself under the same idempotency key.
 */
export function runAttempt<Attempt extends Handled>(
  attempt: Attempt,
  running: Running<Attempt>,
): Promise<AttemptOutcome> {
  const handled = callHandler(attempt, running).then((outcome) => {
    if (attempt.isDecided) logLateEnd(attempt, outcome, running.context)
    attempt.isDecided = true
    return outcome
  })
  return Promise.race([handled, attempt.overruled])
}

async function callHandler<Attempt extends Handled>(
  attempt: Attempt,
  running: Running<Attempt>,
): Promise<AttemptOutcome> {
  const { type, claimed } = attempt
  try {
    const parsed = await type.input.safeParseAsync(claimed.input)
    if (!parsed.success) return refuseInput(parsed.error)
    const returned = type.handler(parsed.data as never, createHandlerContext(attempt, running))
    reachCrashPoint('run.in_handler')
    return encodeResult(await returned)
  } catch (thrown) {
    return judgeThrown(attempt, thrown)
  }
}

function createHandlerContext<Attempt extends Handled>(
  attempt: Attempt,
  { context, reportProgress }: Running<Attempt>,
): HandlerContext {
  const { taskId, attempt: number, type } = attempt.claimed
  return {
    taskId,
    attempt: number,
    signal: attempt.abort.signal,
    idempotencyKey: taskId,
    // Made when it is asked for: most handlers log nothing, and a logger for each attempt would cost more than some of them.
    get logger() {
      return context.logger.child({ taskId, attempt: number, type })
    },
    reportProgress: (progress) => reportProgress(attempt, progress),
  }
}

/** The api has checked the input by the JSON Schema; what only zod can check, or an older input, ends here. */
function refuseInput(error: z.ZodError): AttemptOutcome {
  const problems = error.issues.map((issue) => `${['input', ...issue.path].join('.')}: ${issue.message}`)
  const message = problems.join('; ').slice(0, MAX_PROBLEMS_LENGTH)
  return {
    kind: 'failed',
    failure: 'invalid_input',
    error: describeError({ name: 'InvalidInputError', message }),
  }
}

/** What a handler says itself counts more than the clock: permanent stays permanent after the timeout, too. */
function judgeThrown(attempt: Handled, thrown: unknown): AttemptOutcome {
  const error = describeError(thrown)
  // A proxy may refuse even to be asked whether it is an Error, which then says all that it has to say.
  if (!isAskable(thrown)) return { kind: 'failed', failure: 'error', error }
  const later = asRunLater(thrown)
  if (later !== null) {
    const delayMs = Math.min(Math.max(later.delayMs, MIN_RUN_LATER_MS), MAX_DELAY_MS)
    return { kind: 'run_later', delayMs, reason: error.message }
  }
  if (isPermanent(thrown)) return { kind: 'failed', failure: 'permanent', error }
  const asked = askedDelayOf(thrown)
  if (asked !== null) return { kind: 'failed', failure: 'error', error, ...asked }
  if (attempt.abortedBecause !== 'timed_out') return { kind: 'failed', failure: 'error', error }
  return { kind: 'failed', failure: 'timed_out', error: { ...describeTimeout(attempt), cause: error } }
}

function isAskable(thrown: unknown): boolean {
  try {
    return thrown instanceof Error || true
  } catch {
    return false
  }
}

function logLateEnd(
  attempt: Handled,
  outcome: AttemptOutcome,
  { logger }: Pick<WorkerContext, 'logger'>,
): void {
  const { taskId, attempt: number, type } = attempt.claimed
  const lateMs = Math.round(performance.now() - attempt.abortedAtMs)
  logger.warn(
    { taskId, attempt: number, type, outcome: outcome.kind, lateMs },
    'A handler ended long after it was told to stop; its outcome is ignored.',
  )
}
