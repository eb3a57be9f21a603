import { createHash } from 'node:crypto'
import { normaliseMessage } from './normalise-message.ts'
import { ownFrames } from './own-frames.ts'
import { rootCause } from './root-cause.ts'
import type { TaskError } from './task-error.ts'

/** What is left of a message that is longer than this once its values are named is a dump. */
const MAX_WORDS = 500

/**
 * A short name for a fault: the same for the same fault with other ids, numbers, quoted values, addresses, paths, times
 * or lines, and in every version of the code that has the same names. Twelve hexadecimal digits of a SHA-256 over the
 * error's type, code and normalised message, its topmost own frames, and the same of its root cause but the frames.
 */
export function fingerprintError(error: TaskError): string {
  const cause = rootCause(error)
  const parts = [...nature(error), ...ownFrames(error.stack), ...(cause === null ? [] : nature(cause))]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}

function nature({ type, code = '', message }: TaskError): string[] {
  return [type.slice(0, 200), code.slice(0, 200), wordsOf(message)]
}

/**
 * Placeholders count alike here: an id of digits looks like a number, an address like a time. So do one value and a list
 * of them.
 */
function wordsOf(message: string): string {
  return normaliseMessage(message)
    .replaceAll(/<[a-z]+>(?:, …)?/g, '<>')
    .replaceAll(/<>(?:[\s,;:/.-]*<>)+/g, '<>')
    .replaceAll(/\s+/g, ' ')
    .slice(0, MAX_WORDS)
}
