import { CRASHED, type CrashEvidence, describeEnding, type TaskError } from '@redrive/shared/task'
import type { LoneEnd } from './lone-process.ts'

export interface CrashedProcess {
  readonly type: string
  readonly timeoutMs: number
  readonly memoryLimitMb: number | null
  readonly end: LoneEnd
}

/** What was seen of a process that died with its attempt, as it is stored. Pure. */
export function describeCrashEvidence(end: LoneEnd): CrashEvidence {
  const { code, signal, memoryPeakBytes, lastOutput } = end
  return { exitCode: code, signal, memoryPeakBytes, lastOutput }
}

/**
 * The error of an attempt whose process died. Its code says the way, so that processes of one type that died the same
 * way make one group, and what differs between two of them, such as the memory peak, stays in the evidence. Pure.
 */
export function describeCrash(crashed: CrashedProcess): TaskError {
  const { code, what } = wayOfDying(crashed)
  return { type: CRASHED, code, message: `The process that ran an attempt of ${crashed.type} ${what}.` }
}

/** The error of an attempt whose process was gone before the handler began: nothing says that it is the task's fault. Pure. */
export function describeFailedStart({ end, ...crashed }: CrashedProcess): TaskError {
  const what =
    end.killedBecause === 'not_begun'
      ? 'was killed, because its task types were not loaded in time'
      : wayOfDying({ end, ...crashed }).what
  const message = `The process for an attempt of ${crashed.type} ${what}, before the handler began.`
  return { type: 'ProcessNotStarted', message }
}

function wayOfDying({ end, timeoutMs, memoryLimitMb }: CrashedProcess): { code: string; what: string } {
  const ending = `ended ${describeEnding({ exitCode: end.code, signal: end.signal })}`
  if (end.killedBecause === 'memory') {
    return { code: 'MEMORY_LIMIT', what: `was killed above its memory limit of ${memoryLimitMb} MB` }
  }
  if (end.killedBecause === 'told') {
    return { code: 'KILLED', what: `was killed: it did not react to its timeout of ${timeoutMs} ms` }
  }
  if (end.isOutOfMemory) return { code: 'OUT_OF_MEMORY', what: `had no memory left and ${ending}` }
  return { code: end.signal ?? `EXIT_${end.code ?? 'UNKNOWN'}`, what: ending }
}
