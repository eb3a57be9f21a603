import { createHash } from 'node:crypto'
import type { TaskError } from './task-error.ts'

const FRAMES = 3

/**
 * A short name for a fault: the same for the same fault with other ids, numbers, quoted values, paths or line numbers.
 * Twelve hexadecimal digits of a SHA-256 over the error's type, its normalised message and its topmost own frames.
 */
export function fingerprintError(error: TaskError): string {
  const parts = [error.type, error.code ?? '', normaliseMessage(error.message), ...ownFrames(error.stack)]
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}

function normaliseMessage(message: string): string {
  return message
    .slice(0, 500)
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '<text>')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, '<id>')
    .replaceAll(/\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g, '<address>')
    .replaceAll(/(?:\/[\w.@-]+){2,}/g, '<path>')
    .replaceAll(/\b(?:0x)?(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi, '<id>')
    .replaceAll(/-?\d+(?:\.\d+)?/g, '<number>')
    .trim()
}

/** Function and file names of the first frames outside dependencies and Node itself; line numbers move with every release. */
function ownFrames(stack: string | undefined): string[] {
  if (stack === undefined) return []
  return stack
    .split('\n')
    .filter(
      (line) =>
        line.trimStart().startsWith('at ') && !line.includes('node_modules') && !line.includes('node:'),
    )
    .slice(0, FRAMES)
    .map((line) =>
      line
        .trim()
        .replaceAll(/(?:file:\/\/)?[^\s(]*[/\\]/g, '')
        .replaceAll(/:\d+/g, ''),
    )
}
