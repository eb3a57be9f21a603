import { reachCrashPoint } from '@redrive/shared/runtime'
import { describeError, type TaskProgress } from '@redrive/shared/task'
import type { AttemptOutcome } from '@redrive/shared/protocol'
import { describeCrash, describeCrashEvidence, describeFailedStart } from './describe-crash.ts'
import { isSuspect } from '@redrive/shared/protocol'
import type { LoneEnd, LoneProcess } from './lone-process.ts'
import type { LoneProcesses } from './lone-processes.ts'
import type { RunningAttempt } from './running-attempts.ts'
import { within } from './within.ts'

interface Alone {
  readonly processes: LoneProcesses
  readonly reportProgress: (attempt: RunningAttempt, progress: TaskProgress) => void
}

const STOPPED = 'The worker stops before the attempt began; another worker makes a new one.'
/** What a handler has to clean up when its worker stops. Short, because the task is given back only when it is gone. */
const STOP_WITHIN_MS = 1_000

/** Whether an attempt has to run in a process of its own: its type asks for it, or its task is suspected to kill workers. */
export function runsAlone(attempt: RunningAttempt): boolean {
  return attempt.type.isolation === 'process' || isSuspect(attempt)
}

/**
 * Runs one attempt in a process of its own and says how it went: what the handler came to there, or that the process
 * died with it. When it resolves, the process is gone, whatever became of it. Never rejects.
 *
 * Crash window: when this process dies meanwhile, that one ends itself, and rescue finds a running attempt as any other.
 */
export async function runAlone(attempt: RunningAttempt, alone: Alone): Promise<AttemptOutcome> {
  const { slots } = alone.processes
  attempt.isWaiting = true
  if (!(await slots.enter(attempt.abort.signal))) return decideUnstarted(attempt)
  try {
    const child = alone.processes.start(attempt, {
      onBegan: () => beginClock(attempt),
      onProgress: (progress) => alone.reportProgress(attempt, progress as TaskProgress),
    })
    return await accompany(attempt, child)
  } catch (error) {
    // The system refused the process, for want of memory say; the handler did not begin.
    attempt.isDecided = true
    return { kind: 'failed', failure: 'error', error: describeError(error), isUntried: true }
  } finally {
    slots.leave()
  }
}

/** Waiting for a process and its start are not the handler's time. */
function beginClock(attempt: RunningAttempt): void {
  attempt.startedAtMs = performance.now()
  attempt.isWaiting = false
  reachCrashPoint('alone.began')
}

async function accompany(attempt: RunningAttempt, child: LoneProcess): Promise<AttemptOutcome> {
  const { signal } = attempt.abort
  const passOn = (): void => {
    if (attempt.isWaiting) child.kill('told')
    else child.abort(attempt.abortedBecause, signal.reason as Error)
  }
  if (signal.aborted) passOn()
  else signal.addEventListener('abort', passOn)
  void attempt.overruled.then((outcome) => endProcess(child, outcome))
  const end = await child.ended
  signal.removeEventListener('abort', passOn)
  const overruled = attempt.isDecided ? await attempt.overruled : null
  attempt.isDecided = true
  return judgeEnd(attempt, end, overruled)
}

async function endProcess(child: LoneProcess, outcome: AttemptOutcome): Promise<void> {
  if (outcome.kind === 'returned') await within(STOP_WITHIN_MS, child.ended)
  child.kill('told')
}

function decideUnstarted(attempt: RunningAttempt): AttemptOutcome {
  attempt.isDecided = true
  return attempt.abort.signal.aborted && attempt.abortedBecause !== null
    ? { kind: 'abandoned' }
    : { kind: 'returned', reason: STOPPED }
}

/** @param overruled what was decided before the process was gone: it was too late, or its worker stops */
function judgeEnd(attempt: RunningAttempt, end: LoneEnd, overruled: AttemptOutcome | null): AttemptOutcome {
  // Its work is done, and nothing else was written yet.
  if (end.answer?.kind === 'succeeded') return end.answer
  if (overruled !== null && overruled.kind !== 'failed') return overruled
  if (end.answer !== null) return end.answer
  if (attempt.abortedBecause === 'taken_away') return { kind: 'abandoned' }
  const { type, timeoutMs } = attempt
  const { name, memoryLimitMb } = type
  const crashed = { type: name, timeoutMs, memoryLimitMb, end }
  const evidence = describeCrashEvidence(end)
  if (!end.hasBegun) {
    return {
      kind: 'failed',
      failure: 'error',
      error: describeFailedStart(crashed),
      evidence,
      isUntried: true,
    }
  }
  // A suspect that has to be killed has shown what it does; any other is merely late.
  if (overruled !== null && !isSuspect(attempt)) return { ...overruled, evidence }
  return { kind: 'crashed', error: describeCrash(crashed), evidence }
}
