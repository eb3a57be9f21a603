import { fingerprintError } from './fingerprint-error.ts'
import { normaliseMessage } from './normalise-message.ts'
import { rootCause } from './root-cause.ts'
import type { TaskError } from './task-error.ts'

/** What dead letters are grouped by, and what their group is called. */
export interface Fault {
  readonly fingerprint: string
  /** One line, at most 300 characters: the first of the normalised message, and what caused it. */
  readonly title: string
}

const MAX_TITLE = 300

export function describeFault(error: TaskError): Fault {
  const cause = rootCause(error)
  const line = cause === null ? headline(error) : `${headline(error)}, caused by ${headline(cause)}`
  const title = line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1)}…` : line
  return { fingerprint: fingerprintError(error), title: title.toWellFormed() }
}

function headline({ type, message }: TaskError): string {
  const [first = ''] = normaliseMessage(message).split('\n', 1)
  return (words(first) === '' ? words(type) : `${words(type)}: ${words(first)}`) || 'Error'
}

function words(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
