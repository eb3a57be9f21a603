/** The type of the error of an attempt whose process died with it. */
export const CRASHED = 'ProcessCrashed'

/** What a parent process saw of a child that died with an attempt. */
export interface CrashEvidence {
  readonly exitCode: number | null
  /** The signal that ended it, `SIGSEGV` say. */
  readonly signal: string | null
  /** Its greatest resident memory that was seen; null where the system does not tell. */
  readonly memoryPeakBytes: number | null
  /** The last lines that it wrote to stdout and stderr, oldest first. */
  readonly lastOutput: readonly string[]
}
