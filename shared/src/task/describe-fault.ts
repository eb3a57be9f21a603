import { fingerprintError } from './fingerprint-error.ts'
import type { TaskError } from './task-error.ts'

/** What dead letters are grouped by, and what their group is called until someone looks closer. */
export interface Fault {
  readonly fingerprint: string
  /** One line, at most 300 characters. */
  readonly title: string
}

const MAX_TITLE = 300

export function describeFault(error: TaskError): Fault {
  const line = `${error.type}: ${error.message}`.replaceAll(/\s+/g, ' ').trim()
  const title = line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1)}…` : line
  return { fingerprint: fingerprintError(error), title: title.toWellFormed() }
}
